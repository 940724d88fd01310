import { describe, expect, it } from 'vitest'
import { LeewayError } from '../errors.ts'
import { digestId } from '../ids.ts'
import { type ManualClock, manualClock } from '../manual-clock.ts'
import { memoryStore } from '../memory-store.ts'
import type { RecordsOptions } from '../options.ts'
import { createSessions } from '../sessions/sessions.ts'
import type { StoredSession } from '../store.ts'
import { rejectionOf } from '../testing-errors.ts'
import { recordEvents } from '../testing-events.ts'
import { GRACE, IDLE, TOUCH } from '../testing-sessions.ts'
import { FaultyStore, settled } from '../testing-stores.ts'
import { createRecords, type RecordHandle, type Records } from './records.ts'

interface Data {
  n: number
  a?: unknown
  b?: unknown
}

const SID = 'the-id-in-the-cookie'

interface RecordsSetup {
  readonly clock: ManualClock
  readonly stored: Map<string, StoredSession>
  readonly backend: FaultyStore
  readonly records: Records<Data>
  /** The record that is there; fails where none is. */
  load(sid?: string): Promise<RecordHandle<Data>>
}

function setup(options: Partial<RecordsOptions<Data>> = {}): RecordsSetup {
  const clock = manualClock()
  const stored = new Map<string, StoredSession>()
  const backend = new FaultyStore(memoryStore({ records: stored }))
  const spans = { idleTimeoutMs: IDLE, graceMs: GRACE, touchIntervalMs: TOUCH }
  const records = createRecords<Data>({ store: backend.store, clock, ...spans, ...options })
  return {
    clock,
    stored,
    backend,
    records,
    async load(sid = SID) {
      const record = await records.load(sid)
      if (!record) throw new Error('there is no such record')
      return record
    },
  }
}

describe('a record', () => {
  it('is stored under a digest: the store never sees the id of the framework', async () => {
    const { records, stored, load, clock } = setup()
    const created = await records.create(SID, { n: 1 })
    expect([...stored.keys()]).toEqual([`default:${digestId(SID)}`])
    expect(JSON.stringify([...stored])).not.toContain(SID)
    expect(created).toMatchObject({ id: digestId(SID), createdAt: clock.now(), expiresAt: clock.now() + IDLE })
    expect((await load()).data).toEqual({ n: 1 })
    expect(stored.get(`default:${digestId(SID)}`)?.owner).toBeNull()
  })

  it.each(['', 'x'.repeat(1_000_000), '../../etc/passwd', '\u{1F600}', 'sess:a', '0', '1'])(
    'may have any id: %#',
    async (sid) => {
      const { records, load } = setup()
      await records.create(sid, { n: 1 })
      expect((await load(sid)).data.n).toBe(1)
      expect(await records.destroy(sid)).toBe('destroyed')
      expect(await records.load(sid)).toBeUndefined()
    },
  )

  it('of one letter case is not that of another', async () => {
    const { records, load } = setup()
    await records.create('abc', { n: 1 })
    await records.create('ABC', { n: 2 })
    expect((await load('abc')).data.n).toBe(1)
  })

  it('is stored as it was given: what changes later is not in it', async () => {
    const { records, load } = setup()
    const data: Data = { n: 1, a: ['x'] }
    const record = await records.create(SID, data)
    ;(data.a as string[]).push('y')
    expect(record.data).toEqual({ n: 1, a: ['x'] })
    expect((await load()).data).toEqual({ n: 1, a: ['x'] })
  })

  it('that is there is never overwritten by another of its id', async () => {
    const { records, load } = setup()
    await records.create(SID, { n: 1 })
    expect((await rejectionOf(records.create(SID, { n: 2 }))).code).toBe('ERR_CONFLICT')
    expect((await load()).data.n).toBe(1)
  })

  it('is not created twice at once', async () => {
    const { records } = setup()
    const results = await Promise.allSettled([1, 2, 3].map((n) => records.create(SID, { n })))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('with what cannot be stored is refused, with the place', async () => {
    const { records, stored } = setup()
    const error = await rejectionOf(records.create(SID, { n: 1, a: new Date() }))
    expect([error.code, error.path]).toEqual(['ERR_NOT_SERIALIZABLE', 'data.a'])
    expect(stored.size).toBe(0)
  })

  it('may have timeouts of its own, which are checked', async () => {
    const { records, clock, load } = setup()
    await records.create(SID, { n: 1 }, { idleTimeoutMs: 5 })
    expect((await load()).expiresAt).toBe(clock.now() + 5)
    expect((await rejectionOf(records.create('other', { n: 1 }, { idleTimeoutMs: 0 }))).code).toBe('ERR_INVALID_OPTION')
    const record = await load()
    record.setTimeouts({ idleTimeoutMs: 50 })
    expect(await record.save()).toBe('saved')
    expect((await load()).expiresAt).toBe(clock.now() + 50)
  })

  it('cannot be opened by a token of the sessions layer', async () => {
    const { records, stored } = setup()
    const { id } = await records.create(SID, { n: 1 })
    const sessions = createSessions({ store: memoryStore({ records: stored }), clock: manualClock() })
    expect((await sessions.open(`${id}.${'A'.repeat(32)}`)).isNew).toBe(true)
  })
})

describe('loading a record', () => {
  it.each([
    [-1, true],
    [0, false],
    [1, false],
  ])('%i ms from its end finds it: %s', async (offset, isFound) => {
    const { records, clock, stored } = setup()
    await records.create(SID, { n: 1 })
    clock.advance(IDLE + offset)
    expect((await records.load(SID)) !== undefined).toBe(isFound)
    expect(stored.size).toBe(1)
  })

  it('tells of what it found and what not', async () => {
    const { records, clock, stored } = setup()
    const { id } = await records.create(SID, { n: 1 })
    using events = recordEvents()
    await records.load('unknown')
    await records.load(SID)
    clock.advance(IDLE)
    await records.load(SID)
    const record = stored.get(`default:${id}`)
    if (!record) throw new Error('not stored')
    stored.set(`default:${id}`, { ...record, payload: 'garbage' })
    await records.load(SID)
    expect(events.all).toEqual([
      { name: 'leeway:session:miss', message: { id: digestId('unknown'), reason: 'unknown' } },
      { name: 'leeway:session:open', message: { id, owner: null } },
      { name: 'leeway:session:expired', message: { id, owner: null } },
      { name: 'leeway:session:miss', message: { id, reason: 'undecodable', error: expect.any(LeewayError) } },
    ])
  })

  it('rejects where the store fails: that is not the same as absent', async () => {
    const { records, backend } = setup()
    await records.create(SID, { n: 1 })
    backend.failNext('load')
    expect((await rejectionOf(records.load(SID))).code).toBe('ERR_STORE_FAILED')
  })
})

describe('saving a record', () => {
  it('merges, refuses conflicts with their keys, and overwrites where asked to', async () => {
    for (const onConflict of [undefined, 'overwrite'] as const) {
      const { records, load } = setup(onConflict && { onConflict })
      await records.create(SID, { n: 0, a: 0 })
      const [one, two] = [await load(), await load()]
      one.data.a = 1
      one.data.b = 1
      two.data.a = 2
      await one.save()
      if (onConflict) expect(await two.save()).toBe('saved')
      else expect((await rejectionOf(two.save())).keys).toEqual(['a'])
      expect((await load()).data).toEqual({ n: 0, a: onConflict ? 2 : 1, b: 1 })
    }
  })

  it.each([
    [-1, 'unchanged'],
    [0, 'touched'],
    [1, 'touched'],
  ])('with nothing changed, %i ms from the touch interval: %s', async (offset, status) => {
    const { records, clock, load } = setup()
    await records.create(SID, { n: 0 })
    clock.advance(TOUCH + offset)
    expect(await (await load()).save()).toBe(status)
  })

  it('counts exactly in updates, from many handles at once', async () => {
    const { records, load } = setup()
    await records.create(SID, { n: 0 })
    const handles = await Promise.all(Array.from({ length: 50 }, () => load()))
    await Promise.all(handles.map((record) => record.update((data) => void data.n++)))
    expect((await load()).data.n).toBe(50)
  })

  it.each([
    [-1, 'saved'],
    [0, 'gone'],
    [1, 'gone'],
  ])('%i ms from the purge time: %s, whether the bytes are there or not', async (offset, status) => {
    for (const isSwept of [false, true]) {
      const { records, clock, load } = setup()
      await records.create(SID, { n: 0 })
      const record = await load()
      clock.advance(IDLE + GRACE + offset)
      if (isSwept) await records.sweep()
      record.data.n = 1
      expect(await record.save()).toBe(status)
    }
  })

  it('after it was destroyed is gone, and brings nothing back', async () => {
    const { records, stored, load } = setup()
    await records.create(SID, { n: 0 })
    const [record, updating, other] = [await load(), await load(), await load()]
    await other.destroy()
    record.data.n = 1
    expect(await record.save()).toBe('gone')
    expect((await rejectionOf(updating.update((data) => void data.n++))).code).toBe('ERR_GONE')
    expect(await record.destroy()).toBe('gone')
    expect(stored.size).toBe(0)
  })

  it('writes nothing into another that was created under its id since', async () => {
    const { records, load, clock } = setup()
    await records.create(SID, { n: 0 })
    const [saving, updating, touching] = [await load(), await load(), await load()]
    await records.destroy(SID)
    clock.advance(TOUCH)
    await records.create(SID, { n: 5 })
    saving.data.a = 'from before'
    expect(await saving.save()).toBe('gone')
    expect((await rejectionOf(updating.update((data) => void data.n++))).code).toBe('ERR_GONE')
    expect(await touching.save()).toBe('unchanged')
    expect((await load()).data).toEqual({ n: 5 })
  })

  it('whose answer was lost is found, and not applied twice', async () => {
    const { records, load, backend } = setup()
    await records.create(SID, { n: 0 })
    const record = await load()
    backend.loseNext('update')
    expect((await record.update((data) => void data.n++)).n).toBe(1)
    expect((await load()).data.n).toBe(1)
  })

  it('replaces the whole data where it is assigned', async () => {
    const { records, load } = setup()
    await records.create(SID, { n: 0, a: 1 })
    const record = await load()
    record.data = { n: 7 }
    await record.save()
    expect((await load()).data).toEqual({ n: 7 })
  })
})

describe('creating a record', () => {
  it('whose answer was lost is found', async () => {
    const { records, load, backend } = setup()
    backend.loseNext('create')
    await records.create(SID, { n: 1 })
    expect((await load()).data.n).toBe(1)
  })

  it('that failed before it was applied can be repeated', async () => {
    const { records, load, backend } = setup()
    backend.failNext('create')
    expect((await rejectionOf(records.create(SID, { n: 1 }))).code).toBe('ERR_STORE_FAILED')
    await records.create(SID, { n: 2 })
    expect((await load()).data.n).toBe(2)
  })
})

describe('records', () => {
  it('are swept by hand, by a sweeper and by chance', async () => {
    for (const how of ['hand', 'sweeper', 'chance']) {
      const { records, clock, stored } = setup(how === 'chance' ? { sweepChance: 1 } : {})
      await records.create(SID, { n: 1 })
      clock.advance(IDLE + GRACE)
      if (how === 'hand') expect(await records.sweep()).toEqual({ removed: 1, examined: 1 })
      if (how === 'sweeper') {
        const sweeper = records.startSweeper()
        clock.advance(90_000)
        await settled()
        await sweeper.stop()
      }
      if (how === 'chance') await records.load('another')
      await settled()
      expect(stored.size).toBe(0)
    }
  })

  it('that are closed refuse every later call', async () => {
    const { records, load } = setup()
    await records.create(SID, { n: 1 })
    const record = await load()
    {
      await using scope = records
      expect(scope).toBeDefined()
    }
    for (const call of [
      () => records.load(SID),
      () => records.create('other', { n: 1 }),
      () => records.destroy(SID),
      () => records.sweep(),
      () => record.save(),
      () => record.update(() => {}),
      () => record.destroy(),
    ]) {
      expect((await rejectionOf(call())).code).toBe('ERR_STORE_CLOSED')
    }
  })
})
