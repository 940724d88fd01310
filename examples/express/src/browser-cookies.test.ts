import { createSessions } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import { expressSessions } from '@leeway/express'
import express from 'express'
import type { BrowserContext } from 'puppeteer-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { chromiumBrowsers, Tab } from './in-chromium.ts'
import { listen, serve } from './testing.ts'

const newBrowser = chromiumBrowsers()

describe('the cookie of the example', () => {
  /** A browser that is logged in, and the cookies that the app receives from now on, by request. */
  async function loggedIn() {
    const app = await serve(memoryStore())
    onTestFinished(() => app.close())
    const browser = await newBrowser()
    const tab = await Tab.open(browser, app.url)
    await tab.login('Ada')
    const received: string[] = []
    app.server.prependListener('request', ({ method, url, headers }) => {
      received.push(`${method} ${url} ${headers.cookie ? 'with' : 'without'} a cookie`)
    })
    return { ...app, browser, page: tab.page, received }
  }

  test('is in the browser’s jar as it was set, and goes with the browser', async () => {
    const { browser } = await loggedIn()
    expect(await browser.cookies()).toMatchObject([
      {
        name: 'leeway_a',
        domain: '127.0.0.1',
        path: '/a/',
        httpOnly: true,
        sameSite: 'Lax',
        secure: false,
        session: true,
      },
    ])
  })

  test('is sent to its path, and not shown to scripts there', async () => {
    const { url, page, received } = await loggedIn()
    await page.goto(`${url}/a/api/state`)
    expect(await page.evaluate("document.cookie = 'mine=1', document.cookie")).toBe('mine=1')
    expect(received).toContain('GET /a/api/state with a cookie')
  })

  test.each([
    ['another site', 'localhost', 'without'],
    ['another site', 'elsewhere.test', 'without'],
    ['another origin of the same site', '127.0.0.1', 'with'],
  ])('does what SameSite=Lax says with a form that %s posts: %s, %s', async (_what, host, expected) => {
    const { url, browser, received } = await loggedIn()
    const page = await elsewhere(browser, host, `<form method="post" action="${url}/a/api/visit"><button>Win</button>`)
    await Promise.all([page.waitForNavigation(), page.locator('button').click()])
    expect(page.url()).toBe(`${url}/a/api/visit`)
    expect(received).toContain(`POST /a/api/visit ${expected} a cookie`)
    // Either way a form cannot send JSON, and nothing else is taken.
    expect(await page.evaluate('document.body.textContent')).toContain('send JSON')
  })

  test('stays behind when a script of another site asks, and comes when a link is followed', async () => {
    const { url, browser, received } = await loggedIn()
    const page = await elsewhere(browser, 'elsewhere.test', `<a href="${url}/a/api/state">See</a>`)
    const ask = `fetch('${url}/a/api/visit', { method: 'POST', mode: 'no-cors', credentials: 'include' }).then(() => 'sent')`
    expect(await page.evaluate(ask)).toBe('sent')
    expect(received).toEqual(['POST /a/api/visit without a cookie'])
    await Promise.all([page.waitForNavigation(), page.locator('a').click()])
    expect(received).toContain('GET /a/api/state with a cookie')
  })
})

/** A page of another site, or of another origin of the same one. */
async function elsewhere(browser: BrowserContext, host: string, html: string) {
  const site = await listen((_request, response) => response.setHeader('Content-Type', 'text/html').end(html))
  onTestFinished(() => site.close())
  const page = await browser.newPage()
  await page.goto(`http://${host}:${site.port}`)
  return page
}

describe('the cookie of @leeway/express, over plain HTTP', () => {
  /** What two visits say, and what is in the browser's jar then. */
  async function visitTwice(host: string, options: { secure?: boolean; cookie?: 'browser-session' | 'fixed' }) {
    const sessions = createSessions({ store: memoryStore(), initialData: () => ({ visits: 0 }) })
    const { middleware, sessionOf } = expressSessions(sessions, options)
    const app = express()
    app.get('/visit', middleware, (request, response) => {
      response.send(`visit ${++sessionOf(request).data.visits}`)
    })
    const { port, close } = await listen(app)
    onTestFinished(async () => {
      await close()
      await sessions.close()
    })
    const browser = await newBrowser()
    const page = await browser.newPage()
    const said: unknown[] = []
    for (let visits = 0; visits < 2; visits++) {
      await page.goto(`http://${host}:${port}/visit`)
      said.push(await page.evaluate('document.body.textContent'))
    }
    return { said, jar: await browser.cookies() }
  }

  test.each(['localhost', '127.0.0.1'])('may be as on HTTPS on %s', async (host) => {
    const { said, jar } = await visitTwice(host, {})
    expect({ said, jar }).toMatchObject({
      said: ['visit 1', 'visit 2'],
      jar: [{ name: '__Host-leeway', secure: true }],
    })
  })

  test('on any other host is dropped without a word, unless it is asked for with `secure: false`', async () => {
    expect(await visitTwice('app.test', {})).toEqual({ said: ['visit 1', 'visit 1'], jar: [] })
    const { said, jar } = await visitTwice('app.test', { secure: false })
    expect({ said, jar }).toMatchObject({ said: ['visit 1', 'visit 2'], jar: [{ name: 'leeway', secure: false }] })
  })

  test('is kept when the browser closes where it is fixed', async () => {
    const before = Date.now()
    const { jar } = await visitTwice('localhost', { cookie: 'fixed' })
    expect(jar).toMatchObject([{ session: false }])
    const hours = ((jar[0]?.expires ?? 0) * 1000 - before) / 3_600_000
    expect(hours).toBeGreaterThan(11.9)
    expect(hours).toBeLessThan(12.1)
    const { jar: plain } = await visitTwice('localhost', { cookie: 'browser-session' })
    expect(plain).toMatchObject([{ session: true }])
  })
})
