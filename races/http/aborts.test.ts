import { until } from '@leeway/testing'
import { expect, test } from 'vitest'
import { Barrier } from '../barrier.ts'
import { scratchPlaces } from '../scratch.ts'
import { all } from './bindings.ts'
import { Browser, received } from './browser.ts'
import { type Started, start } from './start.ts'

/** In each of four states. */
const EACH = 50
const placeOf = scratchPlaces()

test.each(all)(
  `${3 * EACH} of ${4 * EACH} clients hang up: $name on $kind answers the others, and goes on`,
  async ({ name, binding, kind, place }) => {
    const unhandled: unknown[] = []
    const note = (error: unknown) => void unhandled.push(error)
    process.on('unhandledRejection', note).on('uncaughtExceptionMonitor', note)
    try {
      await using started = await start(binding, kind, placeOf(kind, place))
      const { app, browser } = started
      await browser.visit('/login?owner=alice')
      expect(await hangUp(started)).toEqual(Array(EACH).fill(200))
      const later = await Promise.all(
        Array.from({ length: EACH }, (_, i) => browser.send(`/set?key=later${i}&value=1`)),
      )
      expect(later.map(({ status }) => status)).toEqual(Array(EACH).fill(200))
      const { owner, data } = await browser.shown()
      const kept = Object.keys(data).filter((key) => /^(stayed|later)/.test(key)).length
      console.log(`hanging up: ${name} on ${kind}: ${3 * EACH} hung up, ${kept} of ${2 * EACH} other writes kept`)
      expect({ owner, kept }).toEqual({ owner: 'alice', kept: 2 * EACH })
      expect(await new Browser(app).shown()).toMatchObject({ owner: null })
    } finally {
      process.off('unhandledRejection', note).off('uncaughtExceptionMonitor', note)
    }
    expect(unhandled).toEqual([])
  },
)

/**
 * Clients hang up while their request is held in the handler, while it is held in the store by its save, and after the
 * first part of a stream. Resolves with the statuses of those who stay.
 */
async function hangUp({ app, browser, watched }: Started): Promise<number[]> {
  const clients = new AbortController()
  const send = (path: (i: number) => string, visitor: () => Browser, signal?: AbortSignal) =>
    Array.from({ length: EACH }, (_, i) => visitor().begin(path(i), signal).then(received))
  const handler = app.holds.place('handler', 2 * EACH)
  const rest = app.holds.place('rest', EACH)
  const save = new Barrier(EACH)
  const known = () => browser
  const stay = send((i) => `/set?key=stayed${i}&value=1&at=handler`, known)
  const gone = [
    ...send((i) => `/set?key=held${i}&value=1&at=handler`, known, clients.signal),
    ...send((i) => `/stream?key=streamed${i}&value=1&then=rest`, known, clients.signal),
  ]
  const ended = Promise.allSettled(gone)
  await Promise.all([handler.full, rest.full])
  watched.trouble = async (call, make) => {
    if (call === 'create') await save.arrive()
    return make()
  }
  const saving = Promise.allSettled(
    send(
      () => '/set?key=new&value=1',
      () => new Browser(app),
      clients.signal,
    ),
  )
  await save.full
  const before = await app.connections()
  clients.abort()
  const settled = [...(await ended), ...(await saving)]
  expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(3 * EACH)
  await until('the server has seen them go', async () => (await app.connections()) <= before - 3 * EACH)
  for (const barrier of [save, handler, rest]) barrier.release()
  return (await Promise.all(stay)).map(({ status }) => status)
}
