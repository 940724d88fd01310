import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Clock } from '../clock.ts'
import { manualClock } from '../manual-clock.ts'
import { memoryStore } from '../memory-store.ts'
import { createRecords } from '../records/records.ts'
import type { SessionStore, StoredSession } from '../store.ts'
import { rejectionOf } from '../testing-errors.ts'
import { recordEvents } from '../testing-events.ts'
import { everyOrder } from '../testing-orders.ts'
import { tokenIn } from '../testing-sessions.ts'
import { FaultyStore } from '../testing-stores.ts'
import { createSessions } from './sessions.ts'
import type { Sessions } from './sessions-api.ts'

interface First {
  name: string
  n: number
  m?: number
}
interface Second {
  user: { name: string }
  n: number
  m?: number
}

/** An application whose sessions had a name first, and then a user with a name. */
function setup() {
  const records = new Map<string, StoredSession>()
  const clock = manualClock()
  const backend = new FaultyStore(memoryStore({ records }))
  const first = firstRelease(backend.store, clock)
  return {
    records,
    clock,
    backend,
    first,
    second: secondRelease(backend.store, clock),
    /** A session of the first release. */
    async stored() {
      const session = await first.open()
      session.data = { name: 'alice', n: 1 }
      const token = tokenIn(await session.save())
      backend.forget()
      return { token, id: session.id }
    },
  }
}

function firstRelease(store: SessionStore, clock: Clock): Sessions<First> {
  return createSessions<First>({ store, clock, initialData: () => ({ name: '', n: 0 }) })
}

function secondRelease(store: SessionStore, clock: Clock): Sessions<Second> {
  return createSessions<Second>({
    store,
    clock,
    initialData: () => ({ user: { name: '' }, n: 0 }),
    dataVersion: 2,
    migrate: ({ name, ...rest }, fromVersion) => {
      expect(fromVersion).toBe(1)
      return { ...(rest as { n: number }), user: { name: String(name) } }
    },
  })
}

function onlyPayload(records: Map<string, StoredSession>): { header: Record<string, unknown>; data: unknown } {
  const [{ payload } = { payload: '' }, ...others] = [...records.values()]
  expect(others).toEqual([])
  const [header = '', data = ''] = payload.split('\n')
  return { header: JSON.parse(header), data: JSON.parse(data) }
}

describe('data of an earlier version', () => {
  it('is migrated when it is loaded, which alone writes nothing', async () => {
    const { records, second, stored, backend } = setup()
    const { token } = await stored()
    const before = [...records.values()]
    const session = await second.open(token)
    expect(session.data).toEqual({ user: { name: 'alice' }, n: 1 })
    expect((await session.save()).status).toBe('unchanged')
    expect([backend.calls, [...records.values()]]).toEqual([['load'], before])
    expect(onlyPayload(records).header).not.toHaveProperty('dataVersion')
  })

  it.each<[string, (sessions: Sessions<Second>, token: string) => Promise<unknown>, Partial<Second>]>([
    [
      'save',
      async (sessions, token) => {
        const session = await sessions.open(token)
        session.data.n = 2
        await session.save()
      },
      { n: 2 },
    ],
    ['update', async (sessions, token) => (await sessions.open(token)).update((data) => void data.n++), { n: 2 }],
    ['login', async (sessions, token) => (await sessions.open(token)).login('alice'), {}],
    ['rotate', async (sessions, token) => (await sessions.open(token)).rotate(), {}],
  ])('is stored as it is now with the next write: %s', async (_operation, write, change) => {
    const { records, second, stored } = setup()
    await write(second, (await stored()).token)
    const { header, data } = onlyPayload(records)
    expect([header.dataVersion, data]).toEqual([2, { user: { name: 'alice' }, n: 1, ...change }])
  })

  it('keeps the flash values and the client beside it, which every release can list', async () => {
    const { first, second } = setup()
    const session = await first.open(null, { client: { address: '192.0.2.1' } })
    session.data = { name: 'alice', n: 1 }
    session.flash('notice', 'hello')
    const token = tokenIn(await session.login('alice'))
    expect(await (await second.open(token)).takeFlash('notice')).toEqual(['hello'])
    expect((await second.open(token)).data).toEqual({ user: { name: 'alice' }, n: 1 })
    for (const sessions of [first, second]) {
      expect(await sessions.list('alice', { details: true })).toMatchObject([{ client: { address: '192.0.2.1' } }])
    }
    expect((await rejectionOf(first.open(token))).code).toBe('ERR_NEWER_DATA')
  })

  it('is migrated once: what is of this version is left alone', async () => {
    const { second, stored } = setup()
    const { token } = await stored()
    await (await second.open(token)).update((data) => void data.n++)
    await (await second.open(token)).update((data) => void data.n++)
    expect((await second.open(token)).data).toEqual({ user: { name: 'alice' }, n: 3 })
  })

  it('is merged with what the earlier release has written meanwhile', async () => {
    const { first, second, stored } = setup()
    const { token } = await stored()
    const [older, newer] = [await first.open(token), await second.open(token)]
    older.data.name = 'bob'
    await older.save()
    newer.data.m = 1
    await newer.save()
    expect((await second.open(token)).data).toEqual({ user: { name: 'bob' }, n: 1, m: 1 })
  })

  it('is told its version, which is validated after the migration', async () => {
    const { clock, backend, second, stored, records } = setup()
    const { token } = await stored()
    await (await second.open(token)).update((data) => void data.n++)
    const versions: number[] = []
    const third = createSessions({
      store: backend.store,
      clock,
      schema: z.object({ names: z.array(z.string()), n: z.number().default(0) }),
      dataVersion: 4,
      migrate: (old, fromVersion) => {
        versions.push(fromVersion)
        return { names: [(old as unknown as Second).user.name], n: Number(old.n) }
      },
      initialData: () => ({ names: [], n: 0 }),
    })
    const session = await third.open(token)
    expect([session.data, versions]).toEqual([{ names: ['alice'], n: 2 }, [2]])
    await session.login('alice')
    expect(onlyPayload(records).header.dataVersion).toBe(4)
  })

  it('is migrated in the records layer too', async () => {
    const store = memoryStore()
    await createRecords<First>({ store }).create('sid', { name: 'alice', n: 1 })
    const migrate = ({ name }: Record<string, unknown>) => ({ user: { name: String(name) }, n: 0 })
    const records = createRecords<Second>({ store, dataVersion: 2, migrate })
    expect((await records.load('sid'))?.data).toEqual({ user: { name: 'alice' }, n: 0 })
  })
})

describe('data of a later version', () => {
  async function newer() {
    const made = setup()
    const { token, id } = await made.stored()
    const loaded = await made.first.open(token)
    await (await made.second.open(token)).update((data) => void data.n++)
    made.backend.forget()
    return { ...made, token, id, loaded, before: [...made.records.values()] }
  }

  it('is an error and no new session, so that nobody is logged out while releases change', async () => {
    const { first, token, id, records, before, backend } = await newer()
    using events = recordEvents()
    const error = await rejectionOf(first.open(token))
    expect([error.code, error.operation, error.id]).toEqual(['ERR_NEWER_DATA', 'load', `${id.slice(0, 6)}…`])
    expect([events.all, backend.calls, [...records.values()]]).toEqual([[], ['load'], before])
  })

  it('is not written to by a request that loaded it before', async () => {
    const { loaded, records, before } = await newer()
    expect((await loaded.save()).status).toBe('unchanged')
    loaded.data.n = 9
    for (const write of [
      () => loaded.save(),
      () => loaded.update((data) => void data.n++),
      () => loaded.rotate(),
      () => loaded.login('bob'),
    ]) {
      expect((await rejectionOf(write())).code).toBe('ERR_NEWER_DATA')
    }
    expect([...records.values()]).toEqual(before)
    expect((await loaded.destroy()).status).toBe('destroyed')
  })

  it('is no matter to whoever has not its secret', async () => {
    const { first, id } = await newer()
    expect((await first.open(`${id}.${'A'.repeat(32)}`)).isNew).toBe(true)
  })

  it('can be revoked all the same', async () => {
    const { first, second, token } = await newer()
    await (await second.open(token)).login('alice')
    expect(await first.revokeAll('alice')).toBe(1)
  })
})

it('two releases that write at once keep what each was told is saved, in every order', async () => {
  const orders = await everyOrder(async (stepped, finish) => {
    const { clock, records, second, stored } = setup()
    const { token } = await stored()
    const store = () => stepped(memoryStore({ records }))
    const older = firstRelease(store(), clock)
      .open(token)
      .then((session) => session.update((data) => void data.n++))
      .then(
        () => 1,
        ({ code }: { code: string }) => code,
      )
    const newer = secondRelease(store(), clock)
      .open(token)
      .then((session) => session.update((data) => void data.n++))
    const both = Promise.all([older, newer])
    await finish()
    const [outcome] = await both
    const { data } = await second.open(token)
    expect([1, 'ERR_NEWER_DATA']).toContain(outcome)
    expect(data).toEqual({ user: { name: 'alice' }, n: outcome === 1 ? 3 : 2 })
  })
  expect(orders).toBe(6)
})
