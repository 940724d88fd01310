import { record } from '@leeway/testing/records'
import { expect, test } from 'vitest'
import { redisStore } from '../index.ts'
import { countingConnector } from '../testing/counting-socket.ts'
import { clientOf, live, serverOf } from '../testing/support.ts'

async function counted() {
  const server = await serverOf()
  const { Connector, sockets } = countingConnector(server.port)
  const client = clientOf(server, { Connector: Connector as never })
  const store = redisStore({ client })
  const session = live('x')
  await store.create(session)
  await store.touch(session, session)
  const socket = () => {
    const latest = sockets.at(-1)
    if (!latest) throw new Error('the client has not connected')
    return latest
  }
  async function packetsOf(work: () => Promise<unknown>[]): Promise<number> {
    const before = socket().packets
    await Promise.all(work())
    expect(socket().writableCorked).toBe(0)
    return socket().packets - before
  }
  return { server, client, store, session, sockets, socket, packetsOf }
}

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make)

test('commands of one turn leave in few packets, and a single one at its end', async () => {
  const { client, store, session, socket, packetsOf } = await counted()
  const key = `leeway:default:${session.id}`
  expect(await packetsOf(() => times(64, () => client.get(key)))).toBe(64)
  expect(await packetsOf(() => times(64, () => store.load(session.id)))).toBe(4)
  expect(await packetsOf(() => times(64, () => store.touch(session, session)))).toBe(4)
  const before = socket().packets
  const loading = store.load(session.id)
  expect(socket().packets).toBe(before)
  await new Promise<void>((resolve) => process.nextTick(resolve))
  expect(socket().packets).toBe(before + 1)
  expect(await loading).toEqual(session)
})

test('the socket is let go at the end of the turn, also when nothing is sent after all', async () => {
  const { client, store, session, socket } = await counted()
  const refused = times(5, () => store.load('not an id').catch(() => 'refused'))
  expect(await Promise.all(refused)).toEqual(times(5, () => 'refused'))
  expect(socket().writableCorked).toBe(0)
  const calls = times(5, () => store.load(session.id))
  expect(socket().writableCorked).toBe(1)
  client.disconnect()
  await Promise.allSettled(calls)
  expect(socket().writableCorked).toBe(0)
})

test('a call that is sent in every step of a turn is answered', async () => {
  const { store, session, socket } = await counted()
  const answers: Promise<unknown>[] = []
  const ask = () => answers.push(...times(3, () => store.load(session.id)))
  ask()
  process.nextTick(ask)
  queueMicrotask(ask)
  await new Promise<void>((resolve) =>
    setImmediate(() => {
      ask()
      process.nextTick(ask)
      queueMicrotask(() => process.nextTick(() => resolve(void ask())))
    }),
  )
  expect(answers).toHaveLength(18)
  expect(await Promise.all(answers)).toEqual(times(18, () => session))
  expect(socket().writableCorked).toBe(0)
})

test('calls go on when the socket is replaced among them', async () => {
  const { store, session, sockets, socket } = await counted()
  const first = socket()
  const calls = times(20, () => store.load(session.id))
  first.destroy()
  calls.push(...times(20, () => store.load(session.id)))
  expect(await Promise.all(calls)).toEqual(times(40, () => session))
  expect(sockets).toHaveLength(2)
  expect(sockets.map(({ writableCorked }) => writableCorked)).toEqual([0, 0])
})

test('calls that are made before there is a socket, or while there is none, are answered', async () => {
  const { server, store, session } = await counted()
  const late = redisStore({ client: clientOf(server, { lazyConnect: true }) })
  expect(await Promise.all(times(20, () => late.load(session.id)))).toEqual(times(20, () => session))
  await server.kill()
  const calls = times(20, () => store.create(record('y', session)))
  await server.start()
  expect(await Promise.all(calls)).toEqual(times(20, () => 'created'))
})
