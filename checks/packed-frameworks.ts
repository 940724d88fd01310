import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  appsDirectory,
  type FrameworkApp,
  installFrameworks,
  runInstalled,
  type StoreName,
  serving,
  written,
} from './framework-apps.ts'

const RUN_MS = 240_000

const frameworks: Record<string, FrameworkApp> = {
  // On files, since a page and a route handler each get a copy of sessions.ts, which two memory stores would not do for.
  Next: {
    folder: 'next',
    recipes: ['sessions.ts', 'app/login/route.ts'],
    store: 'file',
    prepare: [['next', 'build']],
    serve: (port) => ['next', 'start', '-H', '127.0.0.1', '-p', `${port}`],
  },
  SvelteKit: {
    folder: 'sveltekit',
    recipes: ['sessions.ts', 'src/hooks.server.ts'],
    store: 'memory',
    prepare: [
      ['tsc', '-p', '.'],
      ['vite', 'build'],
    ],
    serve: () => ['node', 'build'],
  },
  'React Router': {
    folder: 'react-router',
    recipes: ['sessions.ts', 'app/sessions.server.ts', 'app/routes/login.ts'],
    store: 'memory',
    prepare: [
      ['tsc', '-p', '.'],
      ['react-router', 'build'],
    ],
    serve: () => ['react-router-serve', 'build/server/index.js'],
  },
}

interface Runtime {
  run(file: string, store: StoreName): readonly string[]
  serve(file: string, port: number, store: StoreName): readonly string[]
}

/** What docs/runtimes.md says that each store has to be allowed, beside the environment. */
const DENO_PERMISSIONS: Record<StoreName, readonly string[]> = {
  memory: [],
  file: ['--allow-read', '--allow-write', '--allow-sys'],
  SQLite: ['--allow-read', '--allow-write', '--allow-sys', '--allow-ffi'],
  Redis: ['--allow-net'],
}

const runtimes: Record<string, Runtime> = {
  Bun: { run: (file) => ['bun', file], serve: (file) => ['bun', file] },
  Deno: {
    run: (file, store) => ['deno', 'run', '--no-prompt', ...DENO_PERMISSIONS[store], file],
    serve: (file, port, store) => [
      ...['deno', 'serve', '--quiet', '--no-prompt', '--host', '127.0.0.1', '--port', `${port}`],
      ...['--allow-env', ...DENO_PERMISSIONS[store], file],
    ],
  },
}
const stores: readonly StoreName[] = ['memory', 'file', 'SQLite', 'Redis']

/** The recipes of docs/fetch.md in what they are written for, from the tarballs, driven over HTTP. */
export function testFrameworks(tarballs: () => readonly string[], redisUrl: string): void {
  let directory = ''
  const served = async (app: FrameworkApp) => {
    const folder = written(app, directory)
    for (const command of app.prepare ?? []) await runInstalled(folder, command)
    return serving(app, folder, { REDIS_URL: redisUrl })
  }

  describe.concurrent('the recipes of docs/fetch.md', () => {
    beforeAll(async () => {
      await installFrameworks(tarballs())
      directory = appsDirectory()
    }, RUN_MS)
    afterAll(() => rmSync(directory, { recursive: true, force: true }))

    test.each(Object.entries(frameworks))(
      'run in %s',
      async (_name, app) => {
        await using server = await served(app)
        await drive(server.url)
      },
      RUN_MS,
    )

    describe.each(Object.entries(runtimes))('in %s', (_name, { run, serve }) => {
      const server = (file: string, store: StoreName): FrameworkApp => ({
        folder: 'servers',
        recipes: ['sessions.ts', 'server.ts'],
        store,
        serve: (port) => serve(file, port, store),
      })

      test.each(stores)(
        'run on the %s store',
        async (store) => {
          await using running = await served(server('routes.ts', store))
          await drive(running.url)
        },
        RUN_MS,
      )

      test.each(stores.filter((store) => store !== 'Redis'))(
        'let a process end by itself on the %s store',
        async (store) => {
          expect(await runInstalled(written(server('', store), directory), run('batch.ts', store))).toBe('')
        },
        RUN_MS,
      )

      test(
        'are served as they stand',
        async () => {
          await using running = await served(server('server.ts', 'memory'))
          const first = await fetch(running.url)
          const second = await fetch(running.url, { headers: { cookie: cookiesOf(first)[0] ?? '' } })
          expect([await first.text(), await second.text()]).toEqual(['visit 1', 'visit 2'])
        },
        RUN_MS,
      )
    })
  })
}

/** A visitor of an app with `/plain`, `/visits`, `/login`, `/account` and `/logout`. */
async function drive(url: string): Promise<void> {
  // As behind a proxy that ends TLS, which is what SvelteKit takes for granted when it looks at `Origin`.
  const origin = url.replace('http:', 'https:')
  const visit = (path: string, cookie = '') => fetch(url + path, { headers: { cookie } })
  const submit = (path: string, cookie: string) =>
    fetch(url + path, {
      method: 'POST',
      body: new URLSearchParams({ name: 'alice' }),
      headers: { accept: 'text/html', cookie, origin },
      redirect: 'manual',
    })
  const owner = async (cookie: string) => /alice|nobody/.exec(await (await visit('/account', cookie)).text())?.[0]

  const plain = await visit('/plain')
  expect([plain.status, await plain.text(), cookiesOf(plain)]).toEqual([200, 'nobody', []])

  const first = await visit('/visits')
  const [anonymous = ''] = cookiesOf(first)
  expect([await first.text(), first.headers.get('content-type')?.toLowerCase()]).toEqual([
    'visit 1',
    'text/plain;charset=utf-8',
  ])
  expect(anonymous).toMatch(/^__Host-leeway=[a-z2-7]{26}\.[\w-]{32}$/)
  const second = await visit('/visits', anonymous)
  expect([await second.text(), cookiesOf(second)]).toEqual(['visit 2', []])

  const login = await submit('/login', anonymous)
  const [known = ''] = cookiesOf(login)
  expect([login.status, login.headers.get('cache-control')]).toEqual([303, 'no-store'])
  expect(login.headers.get('location')).toMatch(/^\/(?:account)?$/)
  expect([await owner(known), await owner(anonymous)]).toEqual(['alice', 'nobody'])
  expect(await (await visit('/visits', known)).text()).toBe('visit 3')

  const logout = await submit('/logout', known)
  expect([logout.status, cookiesOf(logout)]).toEqual([303, ['__Host-leeway=']])
  expect(await owner(known)).toBe('nobody')
}

/** Without the empty one that React Router sends where there is none to send. */
function cookiesOf(response: Response): string[] {
  return response.headers.getSetCookie().flatMap((header) => (header === '' ? [] : [header.split(';')[0] ?? '']))
}
