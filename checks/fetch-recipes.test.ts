import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { read, recipes, root } from './documents.ts'

// The recipes of docs/fetch.md, each in a file of its own, called as its framework would call it.

const directory = mkdtempSync(join(root, 'checks', '.snippets-recipes-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

for (const [path, code] of Object.entries(recipes())) {
  mkdirSync(dirname(join(directory, path)), { recursive: true })
  writeFileSync(join(directory, path), code)
}

type Handler = (request: Request) => Promise<Response>

const recipe = async (file: string) => import(/* @vite-ignore */ join(directory, file))
const sent = (response: Response) => response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
const request = (cookie = '') => new Request('https://shop.example/here', { headers: { cookie } })

test.each(['docs/fetch.md', 'docs/runtimes.md'])('%s names the versions that are tried', (page) => {
  const { dependencies } = JSON.parse(read('checks/frameworks/package.json')) as {
    dependencies: Record<string, string>
  }
  const tried: Record<string, string> = {
    Bun: 'bun',
    Deno: 'deno',
    Next: 'next',
    SvelteKit: '@sveltejs/kit',
    'React Router': 'react-router',
  }
  const named = [...read(page).matchAll(/(Bun|Deno|Next|SvelteKit|React Router)(?: \|)? (\d+\.\d+)\b/g)]
  expect(named.length).toBeGreaterThan(1)
  for (const [, name = '', version = ''] of named) expect(dependencies[tried[name] ?? '']).toMatch(`${version}.`)
})

test('a module with a default export serves Bun and Deno', async () => {
  const { default: server } = (await recipe('server.ts')) as { default: { fetch: Handler } }
  const first = await server.fetch(request())
  const second = await server.fetch(request(sent(first)))
  expect([await first.text(), await second.text()]).toEqual(['visit 1', 'visit 2'])
  expect(second.headers.getSetCookie()).toEqual([])
})

test('a route handler of Next logs in and redirects, with the cookie', async () => {
  const { POST } = (await recipe('app/login/route.ts')) as { POST: Handler }
  const { sessions } = (await recipe('sessions.ts')) as { sessions: { list(owner: string): Promise<object[]> } }
  const response = await POST(request())
  expect([response.status, response.headers.get('location')]).toEqual([303, '/account'])
  expect(sent(response)).toMatch(/^__Host-leeway=/)
  expect(await sessions.list('alice')).toHaveLength(1)
})

test("SvelteKit's hook gives its routes the session, and saves what they did", async () => {
  type Event = { request: Request; locals: { session?: { data: { visits: number } } } }
  type Handle = (input: { event: Event; resolve: (event: Event) => Promise<Response> }) => Promise<Response>
  const { handle } = (await recipe('src/hooks.server.ts')) as { handle: Handle }
  const resolve = async ({ locals }: Event) => {
    if (!locals.session) throw new Error('there is no session')
    locals.session.data.visits++
    return new Response(`${locals.session.data.visits}`)
  }
  const first = await handle({ event: { request: request(), locals: {} }, resolve })
  const second = await handle({ event: { request: request(sent(first)), locals: {} }, resolve })
  expect([await first.text(), await second.text()]).toEqual(['1', '2'])
  await expect(
    handle({ event: { request: request(), locals: {} }, resolve: () => Promise.reject(new Error('mine')) }),
  ).rejects.toThrow('mine')
})

test("an action of React Router's logs in with a notice that the next loader reads once", async () => {
  const { action } = (await recipe('app/routes/login.ts')) as {
    action: (input: { request: Request }) => Promise<Response>
  }
  const { getSession, commitSession, sessionOf } = (await recipe('app/sessions.server.ts')) as ReturnType<
    typeof import('@leeway/core/fetch').routerSessions<{ theme: string }, { notice: string }>
  >
  const response = await action({ request: request() })
  expect(response.status).toBe(303)
  const session = await getSession(sent(response))
  expect([sessionOf(session).owner, session.get('notice')]).toEqual(['alice', 'welcome back'])
  expect(await commitSession(session)).toBe('')
  expect((await getSession(sent(response))).has('notice')).toBe(false)
})
