import { once } from 'node:events'
import { globSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { places, storeNames } from './places.ts'
import { serverProcesses } from './server-process.ts'

const place = places()
const start = serverProcesses()

/** One more visit, of a visitor who has this cookie; without one, of a new visitor. */
function visit(url: URL, cookie = ''): Promise<Response> {
  const headers = { 'content-type': 'application/json', cookie }
  return fetch(new URL('/a/api/visit', url), { method: 'POST', headers, body: '{}' })
}

const cookieIn = (response: Response) => response.headers.getSetCookie()[0]?.split(';')[0] ?? ''

describe.each(storeNames)('on %s', (name) => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'the server answers, and on %s leaves no process and nothing locked or connected',
    async (signal) => {
      const { environment, path, open, left, leftBehind } = place(name)
      const server = start(environment)
      expect(await server.line).toContain(`sessions in ${path};`)
      const url = await server.url()
      expect((await fetch(url)).status).toBe(200)
      expect(await (await visit(url)).json()).toMatchObject({ session: { visits: 1 } })
      expect(await server.stop(signal)).toBe(0)
      expect(await leftBehind()).toEqual(left)
      expect(server.told).toEqual([])
      const reopened = open()
      expect((await reopened.list?.({ limit: 10 }))?.sessions).toHaveLength(1)
      await reopened.close()
    },
  )

  test('a server that is killed has kept what it acknowledged, and the next one goes on with it', async () => {
    const { environment } = place(name)
    const server = start(environment)
    const cookie = cookieIn(await visit(await server.url()))
    expect(await server.stop('SIGKILL')).toBe('SIGKILL')
    const again = await visit(await start(environment).url(), cookie)
    expect(await again.json()).toMatchObject({ session: { visits: 2 } })
  })

  test('a signal that arrives twice, as one Ctrl-C does, still answers what is under way and closes the store', async () => {
    const { environment, left, leftBehind } = place(name)
    const server = start(environment)
    const client = connect(Number((await server.url()).port), '127.0.0.1').setEncoding('utf8')
    const headers = 'Host: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue'
    client.write(`POST /a/api/visit HTTP/1.1\r\n${headers}\r\n\r\n`)
    expect(await once(client, 'data')).toEqual([expect.stringContaining('100 Continue')])
    const ended = server.stop('SIGINT')
    server.child.kill('SIGINT')
    server.child.kill('SIGTERM')
    client.write('{}')
    expect((await client.toArray()).join('')).toMatch(/^HTTP\/1\.1 200 OK/)
    expect(await ended).toBe(0)
    expect(await leftBehind()).toEqual(left)
  })

  test('a client that has not finished its request does not keep the server alive', async () => {
    const { environment, left, leftBehind } = place(name)
    const server = start(environment)
    const client = connect(Number((await server.url()).port), '127.0.0.1')
    client.on('error', () => {})
    await once(client, 'connect')
    client.write(
      'POST /a/api/visit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    )
    expect(await server.stop('SIGINT')).toBe(0)
    expect(await leftBehind()).toEqual(left)
    client.destroy()
  })

  test('a port that is taken is told in one line, and the store is given back', async () => {
    const other = createServer()
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { environment, left, leftBehind } = place(name)
    const server = start({ ...environment, PORT: String((other.address() as AddressInfo).port) })
    expect(await server.ended).toBe(1)
    expect(server.told).toEqual([expect.stringMatching(/^leeway example: cannot listen: .*EADDRINUSE/)])
    expect(await leftBehind()).toEqual(left)
    other.close()
  })
})

test('on file, a session that is in use leaves its two files and nothing else', async () => {
  const { environment, path } = place('file')
  const server = start(environment)
  const url = await server.url()
  const cookie = cookieIn(await visit(url))
  await Promise.all(Array.from({ length: 20 }, () => visit(url, cookie)))
  await server.stop('SIGINT')
  const names = globSync('default/sessions/*/**/*', { cwd: path }).map((found) => found.split('/').slice(3))
  expect(names.map(([, file]) => file?.slice(0, 2)).sort()).toEqual(['p.', 's.', undefined])
})

test('a store that there is not is told in one line', async () => {
  const server = start({ LEEWAY_STORE: 'files' })
  expect(await server.ended).toBe(1)
  expect(server.told).toEqual([
    'leeway example: cannot open the sessions: LEEWAY_STORE is sqlite or file or redis, and not "files"',
  ])
})
