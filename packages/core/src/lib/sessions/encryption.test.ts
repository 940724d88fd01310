import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { jsonCodec } from '../data/codec.ts'
import { encryptedCodec } from '../data/encrypted-codec.ts'
import { memoryStore } from '../memory-store.ts'
import { createRecords } from '../records/records.ts'
import type { StoredSession } from '../store.ts'
import { rejectionOf } from '../testing-errors.ts'
import { recordEvents } from '../testing-events.ts'
import { type Data, setup, tokenIn } from '../testing-sessions.ts'
import { createSessions } from './sessions.ts'

const key = randomBytes(32)
const codec = encryptedCodec({ keys: [key] })

/** What stands behind the header, as it is stored. */
function sealedOf(records: Map<string, StoredSession>, id: string): string {
  const record = records.get(`default:${id}`)
  if (!record) throw new Error('not stored')
  return record.payload.slice(record.payload.indexOf('\n') + 1)
}

function put(records: Map<string, StoredSession>, id: string, sealed: string): void {
  const record = records.get(`default:${id}`)
  if (!record) throw new Error('not stored')
  records.set(`default:${id}`, { ...record, payload: record.payload.replace(/\n.*/s, () => `\n${sealed}`) })
}

describe('an encrypted session', () => {
  it('is stored without anything of its data, and opened with it', async () => {
    const { records, stored, open } = setup({ codec })
    const { token } = await stored({ a: 'alice@example.com' })
    expect(JSON.stringify([...records])).not.toMatch(/alice|"a"/)
    expect((await open(token)).data).toEqual({ n: 0, a: 'alice@example.com' })
  })

  it('is stored without anything of its flash values and its client, and opened with them', async () => {
    const { records, sessions, open } = setup({ codec })
    const first = await sessions.open(null, { client: { userAgent: 'Browser/1.0', address: '192.0.2.1' } })
    first.flash('notice', 'the lamp is in your cart')
    const token = tokenIn(await first.login('alice'))
    expect(JSON.stringify([...records.values()])).not.toMatch(/notice|lamp|Browser|192\.0\.2\.1/)
    expect(await sessions.list('alice', { details: true })).toMatchObject([
      { id: first.id, client: { userAgent: 'Browser/1.0', address: '192.0.2.1' } },
    ])
    const [one, other] = [await open(token), await open(token)]
    one.flash('notice', 'and another')
    await one.save()
    expect(JSON.stringify([...records.values()])).not.toMatch(/notice|lamp|another/)
    expect(await other.takeFlash('notice')).toEqual(['the lamp is in your cart', 'and another'])
    expect(await one.takeFlash('notice')).toEqual([])
  })

  it('without its key is listed without its client', async () => {
    const { records, sessions } = setup({ codec })
    await (await sessions.open(null, { client: { address: '192.0.2.1' } })).login('alice')
    const keyless = setup({ codec: encryptedCodec({ keys: [randomBytes(32)] }) })
    for (const [id, record] of records) keyless.records.set(id, record)
    expect(await keyless.sessions.list('alice', { details: true })).toMatchObject([{ client: null }])
  })

  it('of which someone removed the mark of what stands aside does not open', async () => {
    const { records, sessions } = setup({ codec })
    const session = await sessions.open()
    session.flash('notice', 'x')
    const token = tokenIn(await session.save())
    for (const [id, record] of records) {
      records.set(id, { ...record, payload: record.payload.replace(',"aside":true', '') })
    }
    expect((await sessions.open(token)).isNew).toBe(true)
  })

  it('is merged, updated, rotated and logged in to like any other', async () => {
    const { records, stored, sessions, elsewhere, open } = setup({ codec })
    const { token, id } = await stored()
    const [left, right] = [await open(token), await elsewhere.open(token)]
    left.data.b = 1
    right.data.c = 1
    await left.save()
    await right.save()
    left.data.b = 2
    right.data.b = 3
    await left.save()
    expect((await rejectionOf(right.save())).keys).toEqual(['b'])
    await Promise.all([left, right].flatMap((session) => [1, 2].map(() => session.update((data) => void data.n++))))
    const rotated = tokenIn(await (await open(token)).rotate())
    const login = tokenIn(await (await open(rotated)).login('alice'))
    expect((await open(login)).data).toEqual({ n: 4, a: 'stored', b: 2, c: 1 })
    expect((await sessions.open(token)).isNew).toBe(true)
    expect(sealedOf(records, id)).toMatch(/^aes256gcm\./)
  })

  it('that was only read is not written', async () => {
    const { stored, open, backend } = setup({ codec })
    const { token } = await stored()
    expect((await (await open(token)).save()).status).toBe('unchanged')
    expect(backend.calls).toEqual(['load'])
  })

  it('whose write lost its answer is found by its version', async () => {
    const { stored, open, backend } = setup({ codec })
    const session = await open((await stored()).token)
    session.data.n = 1
    backend.loseNext('update')
    expect((await session.save()).status).toBe('saved')
    expect(backend.calls).toEqual(['load', 'update', 'load'])
  })

  it('may be as large as the store takes it, encrypted and with its header', async () => {
    const records = new Map<string, StoredSession>()
    const sessions = (maxPayloadBytes: number) =>
      createSessions<Data>({ store: memoryStore({ records, maxPayloadBytes }), codec })
    const text = 'x'.repeat(3000)
    await Object.assign(await sessions(10_000).open(), { data: { n: 1, a: text } }).save()
    const [size = 0] = [...records.values()].map(({ payload }) => payload.length)
    expect(size).toBeGreaterThan(4000)
    for (const [limit, outcome] of [
      [size, 'saved'],
      [size - 1, 'ERR_PAYLOAD_TOO_LARGE'],
    ] as const) {
      const session = Object.assign(await sessions(limit).open(), { data: { n: 1, a: text } })
      const saved = await session.save().then(
        ({ status }) => status,
        ({ code }) => code,
      )
      expect(saved).toBe(outcome)
    }
  })

  it('is one of the records layer too', async () => {
    const stored = new Map<string, StoredSession>()
    const records = createRecords<Data>({ store: memoryStore({ records: stored }), codec })
    await records.create('sid', { n: 1, a: 'alice' })
    expect(JSON.stringify([...stored])).not.toContain('alice')
    expect((await records.load('sid'))?.data).toEqual({ n: 1, a: 'alice' })
  })
})

describe('a session that does not open', () => {
  const damages: [what: string, damage: (sealed: string, other: string) => string][] = [
    ['moved from another record', (_sealed, other) => other],
    ['changed', (sealed) => `${sealed.slice(0, -3)}${sealed.at(-3) === 'A' ? 'B' : 'A'}${sealed.slice(-2)}`],
    ['cut off', (sealed) => sealed.slice(0, -4)],
    ['in the clear', () => '{"n":666}'],
    ['nothing', () => ''],
    [
      'encrypted with another key',
      (sealed) => sealed.replace(/^aes256gcm\../, (start) => `aes256gcm.${start.endsWith('-') ? '_' : '-'}`),
    ],
  ]

  it.each(damages)('is a miss, a new session and no write: %s', async (_what, damage) => {
    const { sessions, records, stored, backend } = setup({ codec })
    const [{ token, id }, other] = [await stored({ a: 'alice' }), await stored({ a: 'bob' })]
    put(records, id, damage(sealedOf(records, id), sealedOf(records, other.id)))
    const before = [...records.values()]
    using events = recordEvents()
    const session = await sessions.open(token)
    expect([session.isNew, session.data]).toEqual([true, { n: 0 }])
    expect(events.all).toMatchObject([
      { name: 'leeway:session:miss', message: { id, reason: 'undecodable', error: { code: 'ERR_INVALID_RECORD' } } },
    ])
    expect(inspect(events.all, { depth: null })).not.toMatch(/alice|bob|666/)
    expect([backend.calls, [...records.values()]]).toEqual([['load'], before])
  })

  it.each(damages)('while a request works on it makes its writes reject, and stays: %s', async (_what, damage) => {
    const { records, stored, open, elsewhere } = setup({ codec })
    const [{ token, id }, other] = [await stored(), await stored()]
    const session = await open(token)
    await (await elsewhere.open(token)).update((data) => void data.n++)
    put(records, id, damage(sealedOf(records, id), sealedOf(records, other.id)))
    const before = [...records.values()]
    session.data.b = 1
    for (const write of [
      () => session.save(),
      () => session.update((data) => void data.n++),
      () => session.rotate(),
      () => session.login('alice'),
    ]) {
      expect((await rejectionOf(write())).code).toBe('ERR_INVALID_RECORD')
    }
    expect([...records.values()]).toEqual(before)
    expect((await session.destroy()).status).toBe('destroyed')
  })

  it('can be revoked, as its data is not needed for that', async () => {
    const { sessions, records, loggedIn } = setup({ codec })
    const { id } = await loggedIn('alice')
    put(records, id, 'damaged')
    expect(await sessions.revokeAll('alice')).toBe(1)
  })

  it('tells nobody who has not its secret that it does not open', async () => {
    const { sessions, records, stored } = setup({ codec })
    const { id } = await stored()
    put(records, id, 'damaged')
    using events = recordEvents()
    await sessions.open(`${id}.${'A'.repeat(32)}`)
    expect(events.named('leeway:session:miss')).toEqual([{ id, reason: 'wrong-secret' }])
  })
})

describe('rotating keys', () => {
  const next = randomBytes(32)
  const steps = [[key], [key, next], [next, key]].map((keys) => encryptedCodec({ keys }))
  const dropped = encryptedCodec({ keys: [next] })

  it('step by step loses no session, while processes of two steps run', async () => {
    const { records, clock, stored } = setup({ codec })
    const { token } = await stored()
    const processes = steps.map((step) => createSessions<Data>({ store: memoryStore({ records }), clock, codec: step }))
    let counted = 0
    for (const [i, before] of processes.entries()) {
      for (const process of [before, processes[i + 1] ?? before, before]) {
        expect((await (await process.open(token)).update((data) => void data.n++)).n).toBe(++counted)
      }
    }
  })

  it('encrypts with the new key at every write, of the header alone too, and then needs no old one', async () => {
    const { records, clock, stored } = setup({ codec })
    const [saved, rotated, untouched] = [await stored(), await stored(), await stored()]
    const sessions = createSessions<Data>({ store: memoryStore({ records }), clock, codec: steps[2] ?? codec })
    await (await sessions.open(saved.token)).update((data) => void data.n++)
    await (await sessions.open(rotated.token)).rotate()
    await (await sessions.open(untouched.token)).save()
    const later = createSessions<Data>({ store: memoryStore({ records }), clock, codec: dropped })
    const isNew = async (token: string) => (await later.open(token)).isNew
    expect([await isNew(saved.token), await isNew(rotated.token), await isNew(untouched.token)]).toEqual([
      false,
      false,
      true,
    ])
  })
})

describe('turning encryption on', () => {
  const keys = [key]
  const steps = [
    jsonCodec,
    encryptedCodec({ keys, allowPlaintext: 'write' }),
    encryptedCodec({ keys, allowPlaintext: true }),
    codec,
  ]

  it('step by step loses no session, while processes of two steps run', async () => {
    const { records, clock, stored } = setup()
    const { token, id } = await stored()
    const processes = steps.map((step) => createSessions<Data>({ store: memoryStore({ records }), clock, codec: step }))
    let counted = 0
    for (const [i, before] of processes.entries()) {
      for (const process of [before, processes[i + 1] ?? before, before]) {
        expect((await (await process.open(token)).update((data) => void data.n++)).n).toBe(++counted)
      }
    }
    expect(sealedOf(records, id)).toMatch(/^aes256gcm\./)
  })

  it('refuses what is still not encrypted in the end', async () => {
    const { records, clock, stored } = setup()
    const { token } = await stored()
    const sessions = createSessions({ store: memoryStore({ records }), clock, codec })
    expect((await sessions.open(token)).isNew).toBe(true)
  })
})
