import { randomBytes } from 'node:crypto'
import { memoryStore } from '@leeway/core/memory'
import { fileStore } from '@leeway/file'
import { redisStore } from '@leeway/redis'
import { sqliteStore } from '@leeway/sqlite'
import { until } from '@leeway/testing'
import { describe, expect, test } from 'vitest'
import { atRedisPlace } from '../redis-place.ts'
import { scratchPlaces } from '../scratch.ts'
import { type LeewayKind, leewayKinds, openStore } from '../stores.ts'
import { dropIns, natives } from './applications.ts'
import { RawClient, valuesOf } from './raw-client.ts'
import { watched } from './watched-store.ts'

const KIB = 1024
const MAX_PAYLOAD = 64 * KIB
const placeOf = scratchPlaces()

const limited: Record<LeewayKind, (place: string) => ReturnType<typeof openStore>> = {
  memory: () => memoryStore({ maxPayloadBytes: MAX_PAYLOAD }),
  sqlite: (path) => sqliteStore({ path, maxPayloadBytes: MAX_PAYLOAD }),
  file: (directory) => fileStore({ directory, maxPayloadBytes: MAX_PAYLOAD }),
  redis(place) {
    const { client, prefix } = atRedisPlace(place)
    const store = redisStore({ client, prefix, maxPayloadBytes: MAX_PAYLOAD })
    return { ...store, close: () => store.close().then(() => client.disconnect()) }
  },
}

describe.each(Object.entries({ ...natives, ...dropIns }))('%s', (name, start) => {
  test('headers beyond what Node takes are answered with 431, and reach no store', async () => {
    const backend = watched(openStore('memory', ''))
    await using application = await start({ store: backend.store })
    using client = new RawClient(application.port)
    for (const cookie of [`leeway=${'a'.repeat(17 * KIB)}`, 'a=1; '.repeat(4 * KIB)]) {
      expect((await client.send({ path: '/write', cookie, body: { n: 1 } })).status).toBe(431)
    }
    expect([backend.calls, application.errors]).toEqual([[], []])
  })

  test('where a server takes long headers, they cost no call of the store, and the cookie among them is found', async () => {
    const backend = watched(openStore('memory', ''))
    await using application = await start({ store: backend.store, maxHeaderSize: 2 * KIB * KIB })
    using client = new RawClient(application.port)
    const written = await client.send({ path: '/write', body: { n: 1 } })
    const own = valuesOf(written, 'Set-Cookie')
      .map((cookie) => cookie.split(';')[0])
      .join('; ')
    backend.forget()
    const names = [...new Set(own.split('; ').map((cookie) => cookie.split('=')[0]))]
    const long = names.map((one) => `${one}=${'a'.repeat(100 * KIB)}`)
    const cookies = Array.from({ length: 1_000 }, (_, at) => `cookie-${at}=${randomBytes(16).toString('hex')}`)
    const shapes = [
      ...cookies,
      ';'.repeat(KIB * KIB),
      '='.repeat(KIB * KIB),
      'a'.repeat(KIB * KIB),
      '"'.repeat(KIB),
      '%'.repeat(KIB * KIB),
    ]
    // What takes time by the square of its length would not end within the time of a test.
    for (const cookie of [
      ...long,
      long.join('; ').repeat(5),
      shapes.slice(0, 1_000).join('; '),
      ...shapes.slice(1_000),
    ]) {
      const { status, body } = await client.send({ path: '/read', cookie })
      expect([status, body]).toEqual([200, '{"owner":null,"data":{}}'])
    }
    expect([backend.written, backend.calls]).toEqual([[], name in natives ? [] : expect.anything()])
    const last = await client.send({ path: '/read', cookie: [...cookies, own].join('; ') })
    expect(last.body).toBe('{"owner":null,"data":{"n":1}}')
  })

  test.each(leewayKinds)('data beyond what %s takes is refused with a code, and nothing is lost', async (kind) => {
    const store = limited[kind](placeOf(kind, `large-${name.replace(/\W/g, '')}-${kind}`))
    await using application = await start({ store })
    using client = new RawClient(application.port)
    const written = await client.send({ path: '/write', body: { n: 1 } })
    const cookie = valuesOf(written, 'Set-Cookie')
      .map((one) => one.split(';')[0])
      .join('; ')
    for (const large of ['x'.repeat(MAX_PAYLOAD), '\u{1f600}'.repeat(MAX_PAYLOAD / 4)]) {
      // express-session saves while it ends the response, and tells of a failure afterwards.
      const status = name === 'express-session' ? 200 : 500
      expect((await client.send({ path: '/write', cookie, body: { large } })).status).toBe(status)
    }
    await until('both failures are told', () => application.errors.length === 2)
    expect(application.errors).toEqual(Array(2).fill(expect.objectContaining({ code: 'ERR_PAYLOAD_TOO_LARGE' })))
    expect((await client.send({ path: '/write', cookie, body: { m: 2 } })).status).toBe(200)
    expect(JSON.parse((await client.send({ path: '/read', cookie })).body).data).toEqual({ n: 1, m: 2 })
  })
})
