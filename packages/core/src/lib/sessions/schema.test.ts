import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { devalueCodec } from '../data/devalue-codec.ts'
import { memoryStore } from '../memory-store.ts'
import { createRecords } from '../records/records.ts'
import type { StoredSession } from '../store.ts'
import { rejectionOf } from '../testing-errors.ts'
import { recordEvents } from '../testing-events.ts'
import { everyOrder } from '../testing-orders.ts'
import { type Data, setup, tokenIn } from '../testing-sessions.ts'
import { createSessions } from './sessions.ts'

const schemas = [
  ['zod', z.object({ n: z.number(), a: z.string().default('none') })],
  ['valibot', v.object({ n: v.number(), a: v.optional(v.string(), 'none') })],
  ['arktype', type({ n: 'number', a: "string = 'none'" })],
] as const

/** The data as it is stored. */
const storedIn = (records: Map<string, StoredSession>) =>
  [...records.values()].map(({ payload }) => JSON.parse(payload.slice(payload.indexOf('\n'))) as unknown)

describe.each(schemas)('with a schema of %s', (_library, schema) => {
  it('data that does not fit is not saved, and is still there to be put right', async () => {
    const { sessions, backend, records } = setup({ schema })
    const session = await sessions.open()
    Object.assign(session.data, { n: 'x' })
    const error = await rejectionOf(session.save())
    expect([error.code, error.paths]).toEqual(['ERR_INVALID_DATA', ['data.n']])
    expect([backend.calls, records.size]).toEqual([[], 0])
    session.data.n = 1
    expect((await session.save()).status).toBe('saved')
    Object.assign(session.data, { a: 1 })
    for (const write of [() => session.save(), () => session.login('alice')]) {
      expect((await rejectionOf(write())).paths).toEqual(['data.a'])
    }
    expect(storedIn(records)).toEqual([{ n: 1, a: 'none' }])
    expect(session.owner).toBe(null)
  })

  it('an update that makes data which does not fit rejects, and writes nothing', async () => {
    const { open, records, stored } = setup({ schema })
    const session = await open((await stored({ n: 1 })).token)
    const error = await rejectionOf(session.update((data) => Object.assign(data, { n: 'x' })))
    expect([error.code, error.paths]).toEqual(['ERR_INVALID_DATA', ['data.n']])
    expect(storedIn(records)).toEqual([{ n: 1, a: 'none' }])
    expect((await session.update((data) => void data.n++)).n).toBe(2)
  })

  it('stored data that does not fit is a miss, a new session and no write', async () => {
    const { sessions, clock, backend, records } = setup()
    const session = await sessions.open()
    Object.assign(session.data, { a: 1 })
    const token = tokenIn(await session.save())
    const before = [...records.values()]
    const strict = createSessions<Data>({ store: backend.store, clock, schema, initialData: () => ({ n: 0 }) })
    using events = recordEvents()
    expect((await strict.open(token)).isNew).toBe(true)
    expect(events.named('leeway:session:miss')).toMatchObject([
      { id: session.id, reason: 'undecodable', error: { code: 'ERR_INVALID_RECORD', cause: { paths: ['data.a'] } } },
    ])
    expect([...records.values()]).toEqual(before)
  })

  it('defaults are there when data is loaded, and are stored with a change of theirs', async () => {
    const { sessions, clock, backend, records } = setup()
    const token = tokenIn(await Object.assign(await sessions.open(), { data: { n: 1 } }).save())
    const later = createSessions<Data>({ store: backend.store, clock, schema, initialData: () => ({ n: 0 }) })
    const session = await later.open(token)
    expect(session.data).toEqual({ n: 1, a: 'none' })
    backend.forget()
    expect((await session.save()).status).toBe('unchanged')
    expect(backend.calls).toEqual([])
    session.data.n = 2
    await session.save()
    expect(storedIn(records)).toEqual([{ n: 2 }])
    session.data.a = 'some'
    await session.save()
    expect(storedIn(records)).toEqual([{ n: 2, a: 'some' }])
  })

  it('a new session begins with the defaults, which are no reason to store it', async () => {
    const { sessions, records } = setup({ schema })
    const session = await sessions.open()
    expect(session.data).toEqual({ n: 0, a: 'none' })
    expect((await session.save()).status).toBe('unchanged')
    expect(records.size).toBe(0)
  })

  it('initial data that does not fit is refused when it is made', async () => {
    const { sessions } = setup({ schema, initialData: () => ({ n: 'x' }) as unknown as Data })
    expect((await rejectionOf(sessions.open())).paths).toEqual(['data.n'])
  })

  it('records are checked alike', async () => {
    const records = createRecords({ store: memoryStore(), schema })
    const wrong = { n: 'x' } as unknown as { n: number; a: string }
    expect((await rejectionOf(records.create('sid', wrong))).code).toBe('ERR_INVALID_DATA')
    expect(await records.load('sid')).toBeUndefined()
    const record = await records.create('sid', { n: 1, a: 'x' })
    Object.assign(record.data, { a: 1 })
    expect((await rejectionOf(record.save())).paths).toEqual(['data.a'])
    expect((await records.load('sid'))?.data).toEqual({ n: 1, a: 'x' })
  })
})

describe('what two processes make together', () => {
  const limited = z
    .object({ n: z.number(), a: z.number().default(0), b: z.number().default(0) })
    .refine(({ a, b }) => a + b <= 1, { path: ['a'] })

  it('is checked after the merge, in every order', async () => {
    const orders = await everyOrder(async (stepped, finish) => {
      const { clock, records, stored } = setup()
      const { token } = await stored({ n: 1 })
      const change = async (key: 'a' | 'b') => {
        const store = stepped(memoryStore({ records }))
        const session = await createSessions<Data>({ store, clock, schema: limited }).open(token)
        session.data[key] = 1
        return session.save().then(
          ({ status }) => status,
          (error: { code: string }) => error.code,
        )
      }
      const both = Promise.all([change('a'), change('b')])
      await finish()
      const outcomes = await both
      expect(outcomes.sort()).toEqual(['ERR_INVALID_DATA', 'saved'])
      const [data] = storedIn(records)
      expect([
        { n: 1, a: 1 },
        { n: 1, b: 1 },
      ]).toContainEqual(data)
    })
    expect(orders).toBe(6)
  })
})

describe('a process with an older schema', () => {
  const older = z.object({ n: z.number(), user: z.object({ name: z.string() }).optional() })
  const write = async (records: Map<string, StoredSession>) => {
    const session = await createSessions({ store: memoryStore({ records }) }).open()
    session.data = { n: 1, user: { name: 'x', avatar: 'y' }, beta: true }
    return tokenIn(await session.save())
  }

  it('does not see what it does not know, and leaves it alone', async () => {
    const records = new Map<string, StoredSession>()
    const token = await write(records)
    const session = await createSessions({ store: memoryStore({ records }), schema: older }).open(token)
    expect(session.data).toEqual({ n: 1, user: { name: 'x' } })
    session.data.n = 2
    await session.save()
    await session.update((data) => void data.n++)
    await session.login('alice')
    expect(session.data).toEqual({ n: 3, user: { name: 'x' } })
    expect(storedIn(records)).toEqual([{ n: 3, user: { name: 'x', avatar: 'y' }, beta: true }])
  })

  it('replaces and deletes what it knows', async () => {
    const records = new Map<string, StoredSession>()
    const token = await write(records)
    const session = await createSessions({ store: memoryStore({ records }), schema: older }).open(token)
    session.data = { n: 1 }
    await session.save()
    expect(storedIn(records)).toEqual([{ n: 1, beta: true }])
  })
})

describe('a schema that changes data', () => {
  it('is applied to what is saved, as the next load would', async () => {
    const { sessions, records, open } = setup({
      schema: z.object({ n: z.number(), a: z.string().trim().optional() }),
    })
    const session = await sessions.open()
    session.data.a = ' x '
    const token = tokenIn(await session.save())
    expect([session.data, storedIn(records)]).toEqual([{ n: 0, a: 'x' }, [{ n: 0, a: ' x ' }]])
    expect((await session.save()).status).toBe('unchanged')
    expect((await (await open(token)).update((data) => void data.n++)).a).toBe('x')
  })

  it('in place does no harm', async () => {
    const validate = (value: unknown) => ({ value: Object.assign(value as Data, { a: 'changed' }) })
    const schema = { '~standard': { version: 1 as const, vendor: 'x', validate } }
    const { open, stored, backend } = setup({ schema })
    const session = await open((await stored({ n: 1 })).token)
    expect(session.data).toEqual({ n: 1, a: 'changed' })
    backend.forget()
    expect((await session.save()).status).toBe('unchanged')
    expect(backend.calls).toEqual([])
  })

  it('may give what only devalue can store', async () => {
    const schema = z.object({ n: z.number(), a: z.coerce.date().optional() })
    const { open, stored } = setup({ schema, codec: devalueCodec() })
    const session = await open((await stored({ a: '2026-01-01' })).token)
    expect(session.data.a).toEqual(new Date('2026-01-01'))
  })
})

describe('a schema that fails by itself', () => {
  it('rejects with an error of the option where it is asynchronous', async () => {
    const { stored, records, clock } = setup()
    const { token } = await stored()
    const schema = z.object({ n: z.number().refine(async () => true) })
    const sessions = createSessions({ store: memoryStore({ records }), clock, schema, initialData: () => ({ n: 0 }) })
    expect((await rejectionOf(sessions.open(token))).code).toBe('ERR_INVALID_OPTION')
    expect((await rejectionOf(sessions.open())).code).toBe('ERR_INVALID_OPTION')
    expect(records.size).toBe(1)
  })

  it('is a miss on load, and passes its error on when saving', async () => {
    const { stored, records, clock } = setup()
    const { token, id } = await stored({ n: 13 })
    const mine = new TypeError('mine')
    const validate = (value: unknown) => {
      if ((value as Data).n === 13) throw mine
      return { value: value as Data }
    }
    const schema = { '~standard': { version: 1 as const, vendor: 'x', validate } }
    const sessions = createSessions({ store: memoryStore({ records }), clock, schema, initialData: () => ({ n: 0 }) })
    using events = recordEvents()
    const session = await sessions.open(token)
    expect(session.isNew).toBe(true)
    expect(events.named('leeway:session:miss')).toMatchObject([{ id, reason: 'undecodable', error: { cause: mine } }])
    session.data.n = 13
    await expect(session.save()).rejects.toBe(mine)
    expect(records.size).toBe(1)
  })
})

it('a save whose answer was lost is settled by what the schema makes of what is stored', async () => {
  const schema = z.object({ n: z.number(), a: z.string().trim().optional(), b: z.number().optional() })
  const { open, stored, backend, records } = setup({ schema })
  const session = await open((await stored({ n: 1 })).token)
  session.data.a = ' x '
  backend.loseNext('update')
  backend.failNext('load')
  expect((await rejectionOf(session.save())).code).toBe('ERR_STORE_FAILED')
  session.data.b = 1
  expect((await session.save()).status).toBe('saved')
  expect([session.data, storedIn(records)]).toEqual([{ n: 1, a: 'x', b: 1 }, [{ n: 1, a: ' x ', b: 1 }]])
})
