import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sqliteStore } from '@leeway/sqlite'
import { afterAll, afterEach, expect, test } from 'vitest'

/** A process that starts while the rest of the tests run, on a machine of two cores, may take seconds. */
const PATIENCE_MS = 60_000

const scratch = mkdtempSync(join(tmpdir(), 'leeway-server-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

let started = 0
const processes: ChildProcess[] = []
afterEach(() => {
  for (const server of processes.splice(0)) server.kill('SIGKILL')
})

function start(directory: string, port: string) {
  const server = spawn(
    'node',
    ['--conditions=@leeway/source', fileURLToPath(new URL('./server.ts', import.meta.url))],
    {
      env: { ...process.env, PORT: port, LEEWAY_DB: join(directory, 'sessions.db') },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  processes.push(server)
  server.stdout.setEncoding('utf8')
  server.stderr.setEncoding('utf8')
  return server
}

/** A server that listens, and where. */
async function listening() {
  const directory = join(scratch, String(started++))
  const server = start(directory, '0')
  const [line] = (await once(server.stdout, 'data')) as [string]
  const url = new URL(/http:\/\/\S+/.exec(line)?.[0] ?? '')
  return { server, directory, url: url.href, port: Number(url.port) }
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  'the server answers, and on %s leaves no process and no locked database',
  async (signal) => {
    const { server, directory, url } = await listening()
    expect((await fetch(url)).status).toBe(200)
    const headers = { 'content-type': 'application/json' }
    const visit = await fetch(`${url}a/api/visit`, { method: 'POST', headers, body: '{}' })
    expect(await visit.json()).toMatchObject({ session: { visits: 1 } })
    server.kill(signal)
    expect(await once(server, 'exit')).toEqual([0, null])
    expect(readdirSync(directory)).toEqual(['sessions.db'])
    const reopened = sqliteStore({ path: join(directory, 'sessions.db') })
    expect((await reopened.list?.({ limit: 10 }))?.sessions).toHaveLength(1)
    await reopened.close()
  },
  PATIENCE_MS,
)

test(
  'a signal that arrives twice, as one Ctrl-C does, still closes the database',
  async () => {
    const { server, directory } = await listening()
    server.kill('SIGINT')
    server.kill('SIGINT')
    server.kill('SIGTERM')
    expect(await once(server, 'exit')).toEqual([0, null])
    expect(readdirSync(directory)).toEqual(['sessions.db'])
  },
  PATIENCE_MS,
)

test(
  'a client that has not finished its request does not keep the server alive',
  async () => {
    const { server, directory, port } = await listening()
    const client = connect(port, '127.0.0.1')
    client.on('error', () => {})
    await once(client, 'connect')
    client.write(
      'POST /a/api/visit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    )
    server.kill('SIGINT')
    expect(await once(server, 'exit')).toEqual([0, null])
    expect(readdirSync(directory)).toEqual(['sessions.db'])
    client.destroy()
  },
  PATIENCE_MS,
)

test(
  'a port that is taken is told in one line, and the database is given back',
  async () => {
    const other = createServer()
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    const directory = join(scratch, String(started++))
    const server = start(directory, String((other.address() as AddressInfo).port))
    const told: string[] = []
    server.stderr.on('data', (chunk: string) => told.push(chunk))
    expect(await once(server, 'close')).toEqual([1, null])
    expect(told.join('')).toMatch(/^leeway example: cannot listen: .*EADDRINUSE.*\n$/)
    expect(readdirSync(directory)).toEqual(['sessions.db'])
    other.close()
  },
  PATIENCE_MS,
)
