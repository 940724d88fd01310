import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const applications = ['express', 'express-session', 'fastify', 'fastify-session', 'hono', 'koa', 'fetch'] as const
const start = fileURLToPath(new URL('start.ts', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'leeway-frameworks-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** Starts an application as its README says, on a free port. */
async function run(name: string, store: string) {
  const environment = { LEEWAY_STORE: store, LEEWAY_PATH: join(scratch, `${name}-${store}`), PORT: '0' }
  const server = spawn(process.execPath, ['--conditions=@leeway/source', start, name], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(server, 'exit')
  const [url] = await Promise.race([
    once(createInterface(server.stdout), 'line'),
    exited.then(([code]) => Promise.reject(new Error(`${name} ended with ${code}`))),
  ])
  return {
    url: String(url),
    async [Symbol.asyncDispose]() {
      server.kill()
      await exited
    },
  }
}

/** A browser that follows redirects by hand, to see what each answer brings. */
class Browser {
  cookies = new Map<string, string>()

  async fetch(url: string, method = 'GET'): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { method, redirect: 'manual', headers: { cookie } })
    for (const header of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? []
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return response
  }

  async greeting(url: string): Promise<string> {
    return /<p>(.*)<\/p>/.exec(await (await this.fetch(url)).text())?.[1] ?? ''
  }

  /** Posts a form, and opens the page that the answer redirects to. */
  async post(url: string): Promise<string> {
    const response = await this.fetch(url, 'POST')
    expect(response.status).toBe(303)
    return this.greeting(new URL(response.headers.get('location') ?? '', url).href)
  }

  copy(): Browser {
    const copy = new Browser()
    copy.cookies = new Map(this.cookies)
    return copy
  }
}

describe.each(applications)('the application %s', (name) => {
  it.each(['sqlite', 'file'])(
    'on the store %s counts visits, logs in and out, and outlives a restart',
    async (store) => {
      const browser = new Browser()
      let anonymous: Browser
      {
        await using server = await run(name, store)
        expect(await browser.greeting(server.url)).toBe('Hello visitor, this is visit 1.')
        expect(await browser.greeting(server.url)).toBe('Hello visitor, this is visit 2.')
        anonymous = browser.copy()
        expect(await browser.post(`${server.url}/login`)).toBe('Hello Ada, this is visit 3.')
      }
      await using server = await run(name, store)
      expect(await browser.greeting(server.url)).toBe('Hello Ada, this is visit 4.')
      expect(await anonymous.greeting(server.url)).toBe('Hello visitor, this is visit 1.')
      const loggedIn = browser.copy()
      expect(await browser.post(`${server.url}/logout`)).toBe('Hello visitor, this is visit 1.')
      expect(await loggedIn.greeting(server.url)).toBe('Hello visitor, this is visit 1.')
      expect((await browser.fetch(`${server.url}/nowhere`)).status).toBe(404)
    },
  )
})

it('what cannot be started is answered with what can', async () => {
  const server = spawn(process.execPath, ['--conditions=@leeway/source', start, 'rails'], { stdio: 'pipe' })
  const [[line], [code]] = await Promise.all([once(createInterface(server.stderr), 'line'), once(server, 'exit')])
  expect([line, code]).toEqual([`start one of: ${applications.join(', ')}`, 1])
})
