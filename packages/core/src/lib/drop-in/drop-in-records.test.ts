import { describe, expect, it } from 'vitest'
import { digestId } from '../ids.ts'
import { manualClock } from '../manual-clock.ts'
import { memoryStore } from '../memory-store.ts'
import { createSessions } from '../sessions/sessions.ts'
import type { StoredSession } from '../store.ts'
import { rejectionOf } from '../testing-errors.ts'
import { recordEvents } from '../testing-events.ts'
import { GRACE, TOUCH } from '../testing-sessions.ts'
import { FaultyStore } from '../testing-stores.ts'
import { type DropInOptions, type DropInRecords, dropInRecords, type FoundSession } from './drop-in-records.ts'

const SID = 'the-id-in-the-cookie'
const IDLE = 600_000
const DAY = 24 * 60 * 60_000

function setup(options: Partial<DropInOptions> = {}) {
  const clock = manualClock()
  const stored = new Map<string, StoredSession>()
  const backend = new FaultyStore(memoryStore({ records: stored }))
  const records = dropInRecords({ store: backend.store, clock, graceMs: GRACE, touchIntervalMs: TOUCH, ...options })
  return { clock, stored, backend, records }
}

/** The session that is there; fails where none is. */
async function found(records: DropInRecords, sid = SID): Promise<FoundSession> {
  const session = await records.find(sid)
  if (!session) throw new Error('there is no such session')
  return session
}

async function dataOf(records: DropInRecords, sid = SID): Promise<unknown> {
  return (await records.find(sid))?.data
}

describe('a session that a framework begins', () => {
  it('is created by its first set, under a digest of its id, and updated by the others', async () => {
    const { records, stored, backend } = setup()
    const session = records.begin(SID)
    expect(await session.set({ n: 1 })).toBe('saved')
    expect(await session.set({ n: 2 })).toBe('saved')
    expect(backend.calls).toEqual(['create', 'update'])
    expect(await dataOf(records)).toEqual({ n: 2 })
    expect([...stored.keys()]).toEqual([`default:${digestId(SID)}`])
    expect(JSON.stringify([...stored])).not.toContain(SID)
  })

  it('is not created by a touch', async () => {
    const { records, backend } = setup()
    expect(await records.begin(SID).touch({ cookie: {} })).toBe('unchanged')
    expect(backend.calls).toEqual([])
  })

  it('two sets that nobody waits for follow one another, whatever the object becomes meanwhile', async () => {
    const { records, backend } = setup()
    const session = records.begin(SID)
    const create = backend.holdNext('create')
    const object = { n: 1 }
    const first = session.set(object)
    object.n = 2
    const second = session.set(object)
    object.n = 3
    create.release()
    expect(await Promise.all([first, second])).toEqual(['saved', 'saved'])
    expect(await dataOf(records)).toEqual({ n: 2 })
  })

  it('a destruction that comes while it is being created comes after it', async () => {
    const { records, backend, stored } = setup()
    const create = backend.holdNext('create')
    const setting = records.begin(SID).set({ n: 1 })
    const destroying = records.destroy(SID)
    create.release()
    await Promise.all([setting, destroying])
    expect(stored.size).toBe(0)
  })

  it('a destruction comes after every creation of its id, whichever began first', async () => {
    for (const held of [1, 2]) {
      const { records, backend, stored } = setup()
      if (held === 2) backend.beforeNext('create', async () => {})
      const create = backend.holdNext('create')
      const creating = [records.adopt(SID, { n: 1 }), records.adopt(SID, { n: 2 })]
      await creating[2 - held]
      const destroying = records.destroy(SID)
      await create.reached
      create.release()
      await Promise.all([...creating, destroying])
      expect(stored.size).toBe(0)
    }
  })

  it('takes the place of what is stored under its id, as an application asks that sets a whole object', async () => {
    const { records } = setup()
    await records.begin(SID).set({ a: 1, b: 2 })
    expect(await records.begin(SID).set({ b: 3 })).toBe('saved')
    expect(await dataOf(records)).toEqual({ b: 3 })
  })

  it('takes the place of one that has expired and is not swept yet', async () => {
    const { records, clock } = setup()
    await records.begin(SID).set({ a: 1 }, IDLE)
    clock.advance(IDLE)
    expect(await records.begin(SID).set({ b: 2 }, IDLE)).toBe('saved')
    expect(await dataOf(records)).toEqual({ b: 2 })
  })

  it('whose creation failed is created by the next set', async () => {
    const { records, backend } = setup()
    const session = records.begin(SID)
    backend.failNext('create')
    expect(await rejectionOf(session.set({ n: 1 }))).toMatchObject({ code: 'ERR_STORE_FAILED' })
    expect(await session.set({ n: 2 })).toBe('saved')
    expect(await dataOf(records)).toEqual({ n: 2 })
  })
})

describe('a session that comes from elsewhere', () => {
  it('is created, and never in place of one that is there, alive or not', async () => {
    const { records, clock } = setup()
    expect(await records.adopt(SID, { n: 1 }, IDLE)).toBe('created')
    expect(await records.adopt(SID, { n: 2 }, IDLE)).toBe('exists')
    const { session, data } = await found(records)
    expect(data).toEqual({ n: 1 })
    clock.advance(IDLE)
    expect(await records.adopt(SID, { n: 3 }, IDLE)).toBe('exists')
    expect(await records.find(SID)).toBeUndefined()
    expect(await session.set({ n: 4 }, IDLE)).toBe('saved')
  })
})

describe('a session that was found', () => {
  it('is a copy: what becomes of it is nothing until it is set', async () => {
    const { records } = setup()
    await records.begin(SID).set({ cart: ['book'] })
    const session = await found(records)
    Object.assign(session.data, { cart: [] })
    expect(await dataOf(records)).toEqual({ cart: ['book'] })
  })

  it('is never brought back: set and touch answer gone, and publish it', async () => {
    const { records, stored } = setup()
    await records.begin(SID).set({ n: 1 })
    const [one, other] = [await found(records), await found(records)]
    await records.destroy(SID)
    using events = recordEvents()
    expect(await one.session.set({ n: 2 })).toBe('gone')
    expect(await one.session.set({ n: 3 })).toBe('gone')
    expect(await other.session.touch({ n: 1 })).toBe('unchanged')
    expect(stored.size).toBe(0)
    expect(events.named('leeway:session:gone')).toHaveLength(1)
  })

  it('nor is the one of the request that began it', async () => {
    const { records, stored } = setup()
    const session = records.begin(SID)
    await session.set({ n: 1 })
    await records.destroy(SID)
    expect(await session.set({ n: 2 })).toBe('gone')
    expect(stored.size).toBe(0)
  })

  it('keeps what others changed under other keys, although its object knows nothing of it, set after set', async () => {
    const { records } = setup()
    await records.begin(SID).set({ a: 0, b: 0 })
    const [one, other] = [await found(records), await found(records)]
    await other.session.set({ ...other.data, b: 1, c: 1 })
    await one.session.set({ ...one.data, a: 1 })
    await one.session.set({ ...one.data, a: 2 })
    expect(await dataOf(records)).toEqual({ a: 2, b: 1, c: 1 })
  })

  it('overwrites what others changed under the same key, and publishes it', async () => {
    const { records } = setup()
    await records.begin(SID).set({ a: 0, b: 0 })
    const [one, other] = [await found(records), await found(records)]
    await other.session.set({ a: 1, b: 1 })
    using events = recordEvents()
    expect(await one.session.set({ a: 2, b: 0 })).toBe('saved')
    expect(await dataOf(records)).toEqual({ a: 2, b: 1 })
    expect(events.named('leeway:session:overwrite')).toEqual([{ id: digestId(SID), keys: ['a'] }])
  })

  it('publishes that too where an earlier set has met the change, which its object does not show', async () => {
    const { records } = setup()
    await records.begin(SID).set({ a: 0, b: 0, c: 0 })
    const [one, other] = [await found(records), await found(records)]
    await other.session.set({ a: 1, b: 0, c: 1 })
    using events = recordEvents()
    await one.session.set({ a: 0, b: 2, c: 0 })
    expect(events.named('leeway:session:overwrite')).toEqual([])
    await one.session.set({ a: 2, b: 3, c: 1 })
    expect(await dataOf(records)).toEqual({ a: 2, b: 3, c: 1 })
    expect(events.named('leeway:session:overwrite')).toEqual([{ id: digestId(SID), keys: ['a'] }])
  })

  it('loses the keys that its object no longer has', async () => {
    const { records } = setup()
    await records.begin(SID).set({ a: 0, b: 0 })
    const { session } = await found(records)
    await session.set({ a: 0, b: undefined })
    expect(await dataOf(records)).toEqual({ a: 0 })
  })

  it('is touched by a set that changes nothing, once that is due', async () => {
    const { records, backend, clock } = setup()
    await records.begin(SID).set({ n: 1 }, IDLE)
    const { session, data } = await found(records)
    backend.forget()
    expect(await session.set(data, IDLE)).toBe('unchanged')
    clock.advance(TOUCH)
    expect(await session.set(data, IDLE)).toBe('touched')
    expect(backend.calls).toEqual(['touch'])
    expect((await found(records)).expiresAt).toBe(clock.now() + IDLE)
  })

  it('is updated by a touch that brings another cookie, and by no other key', async () => {
    const { records } = setup()
    await records.begin(SID).set({ cookie: { path: '/' }, n: 1 }, IDLE)
    const { session } = await found(records)
    expect(await session.touch({ cookie: { path: '/', secure: true } }, IDLE)).toBe('saved')
    expect(await dataOf(records)).toEqual({ cookie: { path: '/', secure: true }, n: 1 })
  })

  it('lives as long as it is given, shorter included', async () => {
    const { records, clock } = setup()
    await records.begin(SID).set({ n: 1 }, IDLE)
    const { session } = await found(records)
    expect(await session.touch({}, 1_000)).toBe('saved')
    expect((await found(records)).expiresAt).toBe(clock.now() + 1_000)
    clock.advance(1_000)
    expect(await records.find(SID)).toBeUndefined()
  })

  it('lives for a day where nothing is said, and never ends while it is used', async () => {
    const { records, clock } = setup()
    await records.begin(SID).set({ n: 1 })
    for (let day = 0; day < 1_000; day++) {
      clock.advance(DAY - 1)
      const { session, data } = await found(records)
      expect(await session.set(data)).toBe('touched')
    }
    clock.advance(DAY)
    expect(await records.find(SID)).toBeUndefined()
  })

  it('is destroyed where nothing is left of its life, and not created', async () => {
    const { records, stored } = setup()
    expect(await records.begin('another').set({ n: 1 }, 0)).toBe('gone')
    await records.begin(SID).set({ n: 1 }, IDLE)
    const { session } = await found(records)
    expect(await session.set({ n: 2 }, -1)).toBe('gone')
    expect(stored.size).toBe(0)
  })

  it('expires within the grace for nobody who loaded it before', async () => {
    const { records, clock } = setup()
    await records.begin(SID).set({ n: 1 }, IDLE)
    const { session } = await found(records)
    clock.advance(IDLE + GRACE - 1)
    expect(await records.find(SID)).toBeUndefined()
    await records.sweep()
    expect(await session.set({ n: 2 }, IDLE)).toBe('saved')
    expect(await dataOf(records)).toEqual({ n: 2 })
  })
})

describe('values', () => {
  it('are what JSON.stringify makes of them', async () => {
    const { records } = setup()
    const at = new Date(0)
    await records.begin(SID).set({ at, none: undefined, made: { toJSON: () => 'text' }, nan: Number.NaN, f: () => 1 })
    expect(await dataOf(records)).toEqual({ at: at.toJSON(), made: 'text', nan: null })
  })

  it('that it refuses are refused with their key, and nothing is written', async () => {
    const { records, stored } = setup()
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    for (const data of [{ bad: 1n }, { bad: cycle }]) {
      const error = await rejectionOf(records.begin(SID).set(data))
      expect(error).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE', path: 'data.bad' })
    }
    expect(stored.size).toBe(0)
  })

  it('under the name __proto__ are refused, at any depth, and change no prototype', async () => {
    const { records } = setup()
    for (const text of ['{"__proto__":{"admin":true}}', '{"a":{"__proto__":{"admin":true}}}']) {
      const error = await rejectionOf(records.begin(SID).set(JSON.parse(text)))
      expect(error).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' })
    }
    expect(Reflect.get({}, 'admin')).toBeUndefined()
    expect(await records.find(SID)).toBeUndefined()
  })
})

describe('all, count and clear', () => {
  it('know the live sessions of frameworks by record id, and leave the others of the store alone', async () => {
    const { records, clock, backend } = setup()
    const sessions = createSessions({ store: backend.store, clock })
    const native = await sessions.open()
    await native.login('alice')
    await records.begin('expired').set({ n: 0 }, 1_000)
    clock.advance(1_000)
    await records.begin('one').set({ n: 1 })
    await records.begin('two').set({ n: 2 })
    expect(records.lists).toBe(true)
    expect(await records.count()).toBe(2)
    expect(await records.all()).toEqual(
      new Map([
        [digestId('one'), { data: { n: 1 }, expiresAt: clock.now() + DAY }],
        [digestId('two'), { data: { n: 2 }, expiresAt: clock.now() + DAY }],
      ]),
    )
    await records.clear()
    expect(await records.count()).toBe(0)
    expect(await sessions.list('alice')).toHaveLength(1)
  })

  it('are refused where the store cannot list', async () => {
    const { list: _, ...others } = memoryStore()
    const records = dropInRecords({ store: others })
    expect(records.lists).toBe(false)
    for (const call of [records.all(), records.count(), records.clear()]) {
      expect(await rejectionOf(call)).toMatchObject({ code: 'ERR_UNSUPPORTED' })
    }
  })
})

it('a failing store is an error, and never an absent session', async () => {
  const { records, backend } = setup()
  await records.begin(SID).set({ n: 1 })
  backend.failNext('load')
  expect(await rejectionOf(records.find(SID))).toMatchObject({ code: 'ERR_STORE_FAILED' })
  backend.failNext('destroy')
  expect(await rejectionOf(records.destroy(SID))).toMatchObject({ code: 'ERR_STORE_FAILED' })
  expect(await dataOf(records)).toEqual({ n: 1 })
})

describe('a store that does not answer', () => {
  it.each(['create', 'update', 'touch', 'load', 'destroy'] as const)(
    'to a %s is an error in the end',
    async (operation) => {
      const { records, backend, clock } = setup({ storeTimeoutMs: 8_000 })
      const session = records.begin(SID)
      if (operation !== 'create') await session.set({ n: 1 })
      const calls = {
        create: () => session.set({ n: 1 }),
        update: () => session.set({ n: 2 }),
        touch: () => session.touch({}),
        load: () => records.find(SID),
        destroy: () => records.destroy(SID),
      }
      if (operation === 'touch') clock.advance(TOUCH)
      const held = backend.holdNext(operation)
      const failure = rejectionOf(calls[operation]())
      await held.reached
      clock.advance(8_000)
      expect(await failure).toMatchObject({ code: 'ERR_STORE_TIMEOUT', status: 503 })
      held.release()
    },
  )

  it('to a creation has whoever destroys the session told so, and not that it has gone', async () => {
    const { records, backend, clock } = setup()
    const held = backend.holdNext('create')
    const failures = [rejectionOf(records.begin(SID).set({ n: 1 })), rejectionOf(records.destroy(SID))]
    await held.reached
    clock.advance(10_000)
    for (const failure of failures) expect(await failure).toMatchObject({ code: 'ERR_STORE_TIMEOUT' })
    held.release()
  })
})

it('what cannot be meant is refused', async () => {
  const store = memoryStore()
  for (const options of [
    { idleTimeoutMs: 1 },
    { onConflict: 'overwrite' },
    { defaultIdleTimeoutMs: 0 },
    { storeTimeoutMs: 0 },
    { schema: 1 },
  ]) {
    const given = { store, ...options }
    expect(() => dropInRecords(given)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  }
  const records = dropInRecords({ store })
  expect(() => records.begin('')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ID' }))
  expect(await rejectionOf(records.find(''))).toMatchObject({ code: 'ERR_INVALID_ID' })
})

it('close closes the store', async () => {
  const { records } = setup()
  {
    await using closing = records
    await closing.begin(SID).set({ n: 1 })
  }
  expect(await rejectionOf(records.find(SID))).toMatchObject({ code: 'ERR_STORE_CLOSED' })
})
