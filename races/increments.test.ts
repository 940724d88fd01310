import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSessions, readToken } from '@leeway/core'
import { describe, expect, test } from 'vitest'
import { Barrier } from './barrier.ts'
import { Child } from './child.ts'
import type { Step } from './increment-process.ts'
import { NaiveStore } from './naive-store.ts'
import { scratchPlaces } from './scratch.ts'
import { leewayKinds, openStore, type SharedKind, sharedKinds } from './stores.ts'

const CONCURRENT = 100
const ROUNDS = 2000
const placeOf = scratchPlaces()

describe(`${CONCURRENT} concurrent increments of one session over HTTP`, () => {
  test.each(leewayKinds)('leeway on %s counts every one and refuses none', async (kind) => {
    const sessions = createSessions({
      store: openStore(kind, placeOf(kind, `http-${kind}`)),
      initialData: () => ({ n: -1 }),
    })
    const first = await sessions.open()
    first.data.n = 0
    const { token } = await first.save()
    const { held, statuses } = await overHttp(`leeway=${token}`, async (request, barrier) => {
      const session = await sessions.open(readToken(request.headers.cookie, { secure: false }))
      await barrier.arrive()
      await session.update((data) => {
        data.n++
      })
    })
    const { n } = (await sessions.open(token)).data
    await sessions.close()
    console.log(`leeway on ${kind}: held ${held}, counted ${n}`)
    expect(statuses).toEqual(Array(CONCURRENT).fill(204))
    expect(n).toBe(CONCURRENT)
  })

  test('the naive store loses most', async () => {
    const store = new NaiveStore(placeOf('naive', 'http-naive.db'))
    const expiresAt = Date.now() + 60_000
    store.set('session', '0', expiresAt)
    const { held } = await overHttp('session', async (_request, barrier) => {
      const n = Number(store.get('session', Date.now()))
      await barrier.arrive()
      store.set('session', String(n + 1), expiresAt)
    })
    const n = Number(store.get('session', Date.now()))
    store.close()
    console.log(`naive upsert: held ${held}, counted ${n}`)
    expect(n).toBeLessThan(CONCURRENT)
  })
})

describe(`two processes on one store, ${ROUNDS} increments each`, () => {
  test.each<SharedKind | 'naive'>([...sharedKinds, 'naive'])(
    '%s',
    async (kind) => {
      const place = placeOf(kind, `two-${kind}`)
      const { token, read } = await counter(kind, place)
      const children = [0, 1].map(() => new Child<Step>('./increment-process.ts', [kind, place, token]))
      let held = 0
      try {
        for (let round = 0; round < ROUNDS; round++) {
          for (const child of children) child.send({ step: 'load' })
          await Promise.all(children.map((child) => child.next(({ step }) => step === 'loaded')))
          held += children.length
          for (const child of children) child.send({ step: 'save' })
          await Promise.all(children.map((child) => child.next(({ step }) => step === 'saved')))
        }
        for (const child of children) child.send({ step: 'stop' })
        expect(await Promise.all(children.map((child) => child.exited))).toEqual([0, 0])
      } finally {
        for (const child of children) child.kill()
      }
      const n = await read()
      console.log(`${kind}: held ${held}, counted ${n}`)
      expect(held).toBe(2 * ROUNDS)
      if (kind === 'naive') expect(n).toBeLessThan(2 * ROUNDS)
      else expect(n).toBe(2 * ROUNDS)
    },
    120_000,
  )
})

/** Sends the requests together, holds each in its handler until all have arrived, and resolves with their answers. */
async function overHttp(cookie: string, handle: (request: IncomingMessage, barrier: Barrier) => Promise<void>) {
  const barrier = new Barrier(CONCURRENT)
  const server = createServer((request, response) => {
    handle(request, barrier).then(
      () => response.writeHead(204).end(),
      () => response.writeHead(500).end(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const answers = Array.from({ length: CONCURRENT }, () => fetch(`http://127.0.0.1:${port}/`, { headers: { cookie } }))
  await barrier.full
  barrier.release()
  const statuses = (await Promise.all(answers)).map(({ status }) => status)
  server.closeAllConnections()
  server.close()
  return { held: barrier.held, statuses }
}

async function counter(kind: SharedKind | 'naive', place: string) {
  if (kind === 'naive') {
    const store = new NaiveStore(place)
    store.set('counter', '0', Number.MAX_SAFE_INTEGER)
    store.close()
    const read = async () => {
      const reader = new NaiveStore(place)
      const n = Number(reader.get('counter', Date.now()))
      reader.close()
      return n
    }
    return { token: 'counter', read }
  }
  const sessions = createSessions({ store: openStore(kind, place), initialData: () => ({ n: -1 }) })
  const session = await sessions.open()
  session.data.n = 0
  const { token } = await session.save()
  await sessions.close()
  if (token === null) throw new Error('a new session has a token')
  const read = async () => {
    const reader = createSessions({ store: openStore(kind, place), initialData: () => ({ n: -1 }) })
    const { n } = (await reader.open(token)).data
    await reader.close()
    return n
  }
  return { token, read }
}
