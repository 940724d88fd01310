import { createSessions, type SessionStore } from '@leeway/core'
import { devalueCodec } from '@leeway/core/devalue'
import { routerSessions } from '@leeway/core/fetch'
import { httpSessions } from '@leeway/core/http'
import { afterEach, describe, expect, test } from 'vitest'
import { scratchPlaces } from '../scratch.ts'
import { leewayKinds, openStore } from '../stores.ts'
import { natives } from './applications.ts'
import { idOf } from './forged-tokens.ts'
import { cookieOf, RawClient } from './raw-client.ts'

const placeOf = scratchPlaces()
const POLLUTION = '{"isAdmin":true,"toString":7,"secure":false}'

const before = { object: Reflect.ownKeys(Object.prototype), array: Reflect.ownKeys(Array.prototype) }
afterEach(() => {
  expect({ object: Reflect.ownKeys(Object.prototype), array: Reflect.ownKeys(Array.prototype) }).toEqual(before)
  expect([Reflect.get({}, 'isAdmin'), Reflect.get(Object, 'isAdmin'), typeof {}.toString]).toEqual([
    undefined,
    undefined,
    'function',
  ])
})

describe.each(Object.entries(natives))('%s', (name, start) => {
  const open = (what: string) => openStore('sqlite', placeOf('sqlite', `${what}-${name.replace(/\W/g, '')}`))

  test.each([
    `{"__proto__":${POLLUTION}}`,
    `{"a":{"__proto__":${POLLUTION}}}`,
    `{"a":[{"b":{"__proto__":${POLLUTION}}}]}`,
    '{"__proto__":{"constructor":{"name":{"toString":1}}}}',
    '{"__proto__":null,"a":{"__proto__":null}}',
  ])('a body of %s is refused on its way into a session, and nothing of it is stored', async (body) => {
    const store = open(`body-${body.length}`)
    await using application = await start({ store })
    using client = new RawClient(application.port)
    const cookie = cookieOf(await client.send({ path: '/write', body: { n: 1 } }))
    const stored = await store.load(idIn(cookie))
    expect((await client.send({ path: '/write', cookie, body })).status).toBe(500)
    expect(application.errors).toEqual([expect.objectContaining({ code: 'ERR_NOT_SERIALIZABLE' })])
    expect(await store.load(idIn(cookie))).toEqual(stored)
    expect((await client.send({ path: '/read', cookie })).body).toBe('{"owner":null,"data":{"n":1}}')
  })

  test('keys that name what every object has are kept as any other', async () => {
    await using application = await start({ store: open('names') })
    using client = new RawClient(application.port)
    const body = {
      constructor: { prototype: { isAdmin: true } },
      prototype: 1,
      toString: 2,
      hasOwnProperty: 3,
      length: 4,
    }
    const cookie = cookieOf(await client.send({ path: '/write', body }))
    await client.send({ path: '/write', cookie, body: { n: 1 } })
    expect(JSON.parse((await client.send({ path: '/read', cookie })).body).data).toEqual({ ...body, n: 1 })
  })

  test('cookies that name what every object has open nothing', async () => {
    await using application = await start({ store: open('cookies') })
    using client = new RawClient(application.port)
    for (const cookie of [
      '__proto__=x',
      '__proto__[isAdmin]=1',
      'constructor=x; __proto__=leeway',
      '__proto__.leeway=x',
    ]) {
      const { status, body } = await client.send({ path: '/read', cookie })
      expect([cookie, status, body]).toEqual([cookie, 200, '{"owner":null,"data":{}}'])
    }
  })
})

const tampered: [what: string, change: (payload: string) => string][] = [
  ['the data', (payload) => payload.replace('{"n":1', `{"__proto__":${POLLUTION},"n":1`)],
  ['the data, escaped', (payload) => payload.replace('{"n":1', `{"\\u005f_proto__":${POLLUTION},"n":1`)],
  ['deep in the data', (payload) => payload.replace('"n":1', `"n":1,"a":[{"__proto__":${POLLUTION}}]`)],
  [
    'a constructor in the data',
    (payload) => payload.replace('"n":1', `"n":1,"constructor":{"prototype":${POLLUTION}}`),
  ],
  ['the header', (payload) => payload.replace('{"format"', `{"__proto__":${POLLUTION},"format"`)],
  ['the credentials', (payload) => payload.replace('"credentials":{', `"credentials":{"__proto__":${POLLUTION},`)],
  ['the flash values', (payload) => payload.replace('{"flash":', `{"__proto__":${POLLUTION},"flash":`)],
  ['a flash value', (payload) => payload.replace('"\\"hello\\""', JSON.stringify(`{"__proto__":${POLLUTION}}`))],
  ['the client', (payload) => payload.replace('"client":{', `"client":{"__proto__":${POLLUTION},`)],
]

test.each(leewayKinds.flatMap((kind) => tampered.map(([what, change], at) => ({ kind, what, change, at }))))(
  'a __proto__ that somebody wrote into $what in $kind reaches no object',
  async ({ kind, change, at }) => {
    const store = openStore(kind, placeOf(kind, `tampered-${kind}-${at}`))
    const sessions = createSessions<Record<string, unknown>>({ store })
    const session = await sessions.open(null, { client: { userAgent: 'x' } })
    session.data.n = 1
    session.flash('note', 'hello')
    const { token } = await session.login('alice')
    await rewrite(store, session.id, change)
    const opened = await sessions.open(token)
    const taken = opened.isNew ? [] : await opened.takeFlash('note')
    const clients = (await sessions.list('alice', { details: true })).map(({ client }) => client)
    for (const object of [opened.data, ...taken, ...clients].filter((one) => typeof one === 'object' && one !== null)) {
      expect(Reflect.get(object, 'isAdmin')).toBeUndefined()
      expect([Object.getPrototypeOf(object), Object.keys(object)]).toEqual([
        Object.prototype,
        expect.not.arrayContaining(['__proto__']),
      ])
      // As an application would, which copies what it has.
      expect(Reflect.get(Object.assign({}, object), 'isAdmin')).toBeUndefined()
    }
    opened.data.m = 2
    await opened.save()
    expect((await sessions.open(token)).data).not.toHaveProperty('isAdmin')
    await sessions.close()
  },
)

test('a __proto__ in what devalue stored is not decoded', async () => {
  const store = openStore('memory', '')
  const sessions = createSessions<Record<string, unknown>>({ store, codec: devalueCodec() })
  const session = await sessions.open()
  session.data.n = 1
  const { token } = await session.save()
  await rewrite(store, session.id, (payload) =>
    payload.replace('[{"n":1},1]', '[{"n":1,"__proto__":2},1,{"isAdmin":3},true]'),
  )
  expect((await sessions.open(token)).isNew).toBe(true)
  await sessions.close()
})

test('options and names of flash values do not reach a prototype either', async () => {
  const store = openStore('memory', '')
  const poisoned = JSON.parse(`{"__proto__":${POLLUTION}}`)
  const refused = { code: 'ERR_INVALID_OPTION' }
  const sessions = createSessions({ store })
  expect(() => createSessions({ store, ...poisoned })).toThrow(expect.objectContaining(refused))
  expect(() => httpSessions(sessions, poisoned)).toThrow(expect.objectContaining(refused))
  await expect(sessions.open(null, poisoned)).rejects.toMatchObject(refused)
  await expect(sessions.open(null, { client: poisoned })).rejects.toMatchObject(refused)

  const session = await sessions.open()
  session.flash('__proto__', { isAdmin: true })
  const { token } = await session.save()
  expect(await (await sessions.open(token)).takeFlash('__proto__')).toEqual([{ isAdmin: true }])
  const router = routerSessions<Record<string, unknown>>(sessions)
  const routed = await router.getSession()
  routed.flash('__proto__', { isAdmin: true })
  routed.set('__proto__', { isAdmin: true })
  expect([routed.get('isAdmin'), Reflect.get(routed.data, 'isAdmin')]).toEqual([undefined, undefined])
  await expect(router.commitSession(routed)).rejects.toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' })
  await sessions.close()
})

/** Changes a stored record as somebody would who can write to the store. */
async function rewrite(store: SessionStore, id: string, change: (payload: string) => string): Promise<void> {
  const stored = await store.load(id)
  if (!stored) throw new Error('nothing is stored')
  const payload = change(stored.payload)
  expect(payload).not.toBe(stored.payload)
  expect(await store.update({ ...stored, payload, version: 'v'.repeat(16) }, stored.version)).toBe('saved')
}

function idIn(cookie: string): string {
  return idOf(cookie.slice(cookie.indexOf('=') + 1))
}
