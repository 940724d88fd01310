import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SessionStore } from '@leeway/core'
import { fileStore } from '@leeway/file'
import { sqliteStore } from '@leeway/sqlite'
import { afterAll, afterEach, describe, expect, test } from 'vitest'

/** A process that starts while the rest of the tests run, on a machine of two cores, may take seconds. */
const PATIENCE_MS = 60_000

const scratch = mkdtempSync(join(tmpdir(), 'leeway-server-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

let started = 0
const processes: ChildProcess[] = []
afterEach(() => {
  for (const server of processes.splice(0)) server.kill('SIGKILL')
})

interface Kind {
  readonly name: string
  /** What it leaves in the directory that it is given. */
  readonly left: string
  readonly open: (path: string) => SessionStore
}

const kinds: Kind[] = [
  { name: 'sqlite', left: 'sessions.db', open: (path) => sqliteStore({ path }) },
  { name: 'file', left: 'sessions', open: (directory) => fileStore({ directory }) },
]

function start(store: string, directory: string, port: string) {
  const server = spawn(
    'node',
    ['--conditions=@leeway/source', fileURLToPath(new URL('./server.ts', import.meta.url))],
    {
      env: {
        ...process.env,
        PORT: port,
        LEEWAY_STORE: store,
        LEEWAY_DB: join(directory, 'sessions.db'),
        LEEWAY_DIR: join(directory, 'sessions'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  processes.push(server)
  server.stdout.setEncoding('utf8')
  server.stderr.setEncoding('utf8')
  return server
}

/** A server that listens, and where. */
async function listening(store: string, directory = join(scratch, String(started++))) {
  const server = start(store, directory, '0')
  const [line] = (await once(server.stdout, 'data')) as [string]
  const url = new URL(/http:\/\/\S+/.exec(line)?.[0] ?? '')
  return { server, directory, line, url: url.href, port: Number(url.port) }
}

const headers = { 'content-type': 'application/json' }

describe.each(kinds)('on $name', ({ name, left, open }) => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'the server answers, and on %s leaves no process and nothing locked',
    async (signal) => {
      const { server, directory, line, url } = await listening(name)
      expect(line).toContain(`sessions in ${join(directory, left)};`)
      expect((await fetch(url)).status).toBe(200)
      const visit = await fetch(`${url}a/api/visit`, { method: 'POST', headers, body: '{}' })
      expect(await visit.json()).toMatchObject({ session: { visits: 1 } })
      server.kill(signal)
      expect(await once(server, 'exit')).toEqual([0, null])
      expect(readdirSync(directory)).toEqual([left])
      const reopened = open(join(directory, left))
      expect((await reopened.list?.({ limit: 10 }))?.sessions).toHaveLength(1)
      await reopened.close()
    },
    PATIENCE_MS,
  )

  test(
    'a server that is killed has kept what it acknowledged, and the next one goes on with it',
    async () => {
      const { server, directory, url } = await listening(name)
      const visit = await fetch(`${url}a/api/visit`, { method: 'POST', headers, body: '{}' })
      const cookie = visit.headers.getSetCookie()[0]?.split(';')[0] ?? ''
      server.kill('SIGKILL')
      await once(server, 'exit')
      const next = await listening(name, directory)
      const again = await fetch(`${next.url}a/api/visit`, {
        method: 'POST',
        headers: { ...headers, cookie },
        body: '{}',
      })
      expect(await again.json()).toMatchObject({ session: { visits: 2 } })
    },
    PATIENCE_MS,
  )

  test(
    'a signal that arrives twice, as one Ctrl-C does, still closes the store',
    async () => {
      const { server, directory } = await listening(name)
      server.kill('SIGINT')
      server.kill('SIGINT')
      server.kill('SIGTERM')
      expect(await once(server, 'exit')).toEqual([0, null])
      expect(readdirSync(directory)).toEqual([left])
    },
    PATIENCE_MS,
  )

  test(
    'a client that has not finished its request does not keep the server alive',
    async () => {
      const { server, directory, port } = await listening(name)
      const client = connect(port, '127.0.0.1')
      client.on('error', () => {})
      await once(client, 'connect')
      client.write(
        'POST /a/api/visit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
      )
      server.kill('SIGINT')
      expect(await once(server, 'exit')).toEqual([0, null])
      expect(readdirSync(directory)).toEqual([left])
      client.destroy()
    },
    PATIENCE_MS,
  )

  test(
    'a port that is taken is told in one line, and the store is given back',
    async () => {
      const other = createServer()
      other.listen(0, '127.0.0.1')
      await once(other, 'listening')
      const directory = join(scratch, String(started++))
      const { told, ended } = refused(name, directory, String((other.address() as AddressInfo).port))
      expect(await ended).toEqual([1, null])
      expect(told.join('')).toMatch(/^leeway example: cannot listen: .*EADDRINUSE.*\n$/)
      expect(readdirSync(directory)).toEqual([left])
      other.close()
    },
    PATIENCE_MS,
  )
})

test(
  'on file, a session that is in use leaves its two files and nothing else',
  async () => {
    const { server, directory, url } = await listening('file')
    const visit = await fetch(`${url}a/api/visit`, { method: 'POST', headers, body: '{}' })
    const cookie = visit.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const again = () => fetch(`${url}a/api/visit`, { method: 'POST', headers: { ...headers, cookie }, body: '{}' })
    await Promise.all(Array.from({ length: 20 }, again))
    server.kill('SIGINT')
    await once(server, 'exit')
    const names = globSync('sessions/default/sessions/*/**/*', { cwd: directory }).map((path) =>
      path.split('/').slice(4),
    )
    expect(names.map(([, file]) => file?.slice(0, 2)).sort()).toEqual(['p.', 's.', undefined])
  },
  PATIENCE_MS,
)

test(
  'a store that there is not is told in one line',
  async () => {
    const { told, ended } = refused('files', join(scratch, String(started++)), '0')
    expect(await ended).toEqual([1, null])
    expect(told.join('')).toBe(
      'leeway example: cannot open the sessions: LEEWAY_STORE is sqlite or file, and not "files"\n',
    )
  },
  PATIENCE_MS,
)

/** A server that does not get as far as listening, and what it says about it. */
function refused(store: string, directory: string, port: string) {
  const server = start(store, directory, port)
  const told: string[] = []
  server.stderr.on('data', (chunk: string) => told.push(chunk))
  return { told, ended: once(server, 'close') }
}
