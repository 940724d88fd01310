import { describe, expect, it } from 'vitest'
import { LeewayError } from '../errors.ts'
import { memoryStore } from '../memory-store.ts'
import { createSessions } from '../sessions/sessions.ts'
import type { StoredSession } from '../store.ts'
import { rejectionOf } from '../testing-errors.ts'
import { type Setup, setup, tokenIn } from '../testing-sessions.ts'

const cause = new Error('connection reset')

/** The next update is applied; then others do something; then neither its answer nor any to the lookup arrives. */
function loseUntraceably({ backend }: Setup, others: () => Promise<unknown> = async () => {}): void {
  backend.afterNext('update', async () => {
    await others()
    throw cause
  })
  backend.failNext('load', cause)
}

/** The next update meets a conflict; the one after it is applied, and lost as above. */
function conflictThenLose(world: Setup): void {
  world.backend.beforeNext('update', async () => {})
  world.backend.beforeNext('load', async () => {})
  loseUntraceably(world)
}

function dataOf(records: Map<string, StoredSession>, id: string): unknown {
  const payload = records.get(`default:${id}`)?.payload ?? ''
  return JSON.parse(payload.slice(payload.indexOf('\n') + 1))
}

async function elsewhereSets({ elsewhere }: Setup, token: string, values: Record<string, unknown>): Promise<void> {
  const session = await elsewhere.open(token)
  Object.assign(session.data, values)
  await session.save()
}

/** So many writes by others, each under a key of its own. */
async function others(world: Setup, token: string, writes: number): Promise<void> {
  for (let i = 0; i < writes; i++) await elsewhereSets(world, token, { [`other${i}`]: i })
}

describe('a write that was applied and whose answer was lost', () => {
  it.each([1, 2, 3, 4])('is found with %i writes of others on top', async (writes) => {
    const world = setup()
    const { token, id } = await world.stored({ a: 'stored' })
    const session = await world.open(token)
    session.data.a = 'mine'
    world.backend.afterNext('update', async () => {
      await others(world, token, writes)
      throw cause
    })
    expect((await session.save()).status).toBe('saved')
    session.data.a = 'mine again'
    expect((await session.save()).status).toBe('saved')
    const theirs = Object.fromEntries(Array.from({ length: writes }, (_, i) => [`other${i}`, i]))
    expect(dataOf(world.records, id)).toEqual({ n: 0, a: 'mine again', ...theirs })
    expect(session.data).toEqual({ n: 0, a: 'mine again', ...theirs })
  })

  it('is an error with five writes of others on top, and is not applied again', async () => {
    const world = setup()
    const { token, id } = await world.stored({ a: 'stored' })
    const session = await world.open(token)
    world.backend.afterNext('update', async () => {
      await others(world, token, 5)
      throw cause
    })
    world.backend.forget()
    const updating = session.update((data) => void data.n++)
    expect(await rejectionOf(updating)).toMatchObject({ code: 'ERR_STORE_FAILED', cause })
    expect(world.backend.calls).toEqual(['update', 'load'])
    expect(dataOf(world.records, id)).toMatchObject({ n: 1, other4: 4 })
  })

  it('is an error where the session was destroyed since, and nothing is created again', async () => {
    const world = setup()
    const { token } = await world.stored({ a: 'stored' })
    const session = await world.open(token)
    world.backend.afterNext('update', async () => {
      await (await world.elsewhere.open(token)).destroy()
      throw cause
    })
    session.data.n = 1
    expect((await rejectionOf(session.save())).code).toBe('ERR_STORE_FAILED')
    expect((await session.save()).status).toBe('gone')
    expect(world.records.size).toBe(0)
  })

  it.each(['answer alone', 'lookup too'])('applies an update once: %s', async (what) => {
    const world = setup()
    const { token, id } = await world.stored({ a: 'stored' })
    for (let i = 0; i < 10; i++) {
      const session = await world.open(token)
      if (what === 'answer alone') world.backend.loseNext('update', cause)
      else loseUntraceably(world)
      const outcome = await session
        .update((data) => void data.n++)
        .then(
          () => 'applied',
          () => 'unknown',
        )
      expect(outcome).toBe(what === 'lookup too' ? 'unknown' : 'applied')
      expect(dataOf(world.records, id)).toEqual({ n: i + 1, a: 'stored' })
    }
  })
})

describe('after a write whose outcome is unknown', () => {
  it('a save keeps what others had added before that write was merged with it', async () => {
    const world = setup()
    const { token, id } = await world.stored({ a: 1 })
    const session = await world.open(token)
    await elsewhereSets(world, token, { b: 'theirs' })
    session.data.c = 'mine'
    conflictThenLose(world)
    await rejectionOf(session.save())
    session.data.n = 1
    expect((await session.save()).status).toBe('saved')
    expect(dataOf(world.records, id)).toEqual({ n: 1, a: 1, b: 'theirs', c: 'mine' })
    expect(session.data).toEqual({ n: 1, a: 1, b: 'theirs', c: 'mine' })
  })

  it('a value that is set back is written', async () => {
    const world = setup()
    const { token, id } = await world.stored({ a: 1 })
    const session = await world.open(token)
    session.data.a = 2
    loseUntraceably(world)
    await rejectionOf(session.save())
    session.data.a = 1
    expect((await session.save()).status).toBe('saved')
    expect(dataOf(world.records, id)).toEqual({ n: 0, a: 1 })
  })

  it('and another that never arrived, a save does not conflict with the first', async () => {
    const world = setup()
    const { token, id } = await world.stored({ a: 0 })
    const session = await world.open(token)
    session.data.a = 1
    loseUntraceably(world)
    await rejectionOf(session.save())
    session.data.a = 2
    world.backend.failNext('update', cause)
    world.backend.failNext('load', cause)
    await rejectionOf(session.save())
    session.data.a = 3
    expect((await session.save()).status).toBe('saved')
    expect(dataOf(world.records, id)).toEqual({ n: 0, a: 3 })
  })

  it('a save still conflicts with what somebody else made of the same key', async () => {
    const world = setup()
    const { token, id } = await world.stored({ a: 0 })
    const session = await world.open(token)
    session.data.a = 1
    loseUntraceably(world, () => elsewhereSets(world, token, { a: 'theirs' }))
    await rejectionOf(session.save())
    session.data.a = 2
    expect(await rejectionOf(session.save())).toMatchObject({ code: 'ERR_CONFLICT', keys: ['a'] })
    expect(dataOf(world.records, id)).toEqual({ n: 0, a: 'theirs' })
  })

  it('a save does not take back an update that was applied', async () => {
    const world = setup()
    const { token, id } = await world.stored({ a: 0 })
    const session = await world.open(token)
    session.data.a = 'unsaved'
    await elsewhereSets(world, token, { b: 'theirs' })
    conflictThenLose(world)
    await rejectionOf(session.update((data) => void data.n++))
    expect((await session.save()).status).toBe('saved')
    expect(dataOf(world.records, id)).toEqual({ n: 1, a: 'unsaved', b: 'theirs' })
  })

  it('a save does not take back what others did before a rotation that was applied', async () => {
    const world = setup()
    const { token, id } = await world.stored({ a: 0 })
    const session = await world.open(token)
    await elsewhereSets(world, token, { a: 'theirs' })
    conflictThenLose(world)
    await rejectionOf(session.rotate())
    session.data.n = 1
    expect((await session.save()).status).toBe('saved')
    expect(dataOf(world.records, id)).toEqual({ n: 1, a: 'theirs' })
  })

  it('a rotation, the next request derives the same secret', async () => {
    const world = setup()
    const { token, id } = await world.stored()
    const session = await world.open(token)
    loseUntraceably(world)
    await rejectionOf(session.rotate())
    const derived = tokenIn(await (await world.open(token)).save())
    expect(tokenIn(await session.rotate())).toBe(derived)
    expect((await world.open(derived)).id).toBe(id)
  })
})

/** A driver that tries an update again by itself: the second try can only report a conflict once others were on top. */
function retryingStore(world: Setup, between: () => Promise<void>) {
  const inner = memoryStore({ records: world.records })
  let armed = true
  const store = {
    ...inner,
    update: async (session: StoredSession, expected: string) => {
      const answer = await inner.update(session, expected)
      if (!armed) return answer
      armed = false
      expect(answer).toBe('saved')
      await between()
      return inner.update(session, expected)
    },
  }
  return createSessions({ store, clock: world.clock, initialData: () => ({ n: 0 }) })
}

describe('a write that the driver tried again after it had been applied', () => {
  it('was saved, and is not applied again', async () => {
    const world = setup()
    const { token, id } = await world.stored({ a: 'stored' })
    const session = await retryingStore(world, () => others(world, token, 4)).open(token)
    await session.update((data) => void data.n++)
    expect(dataOf(world.records, id)).toMatchObject({ n: 1, other3: 3 })
  })

  it('leaves local changes unsaved that others changed meanwhile, to conflict when they are saved', async () => {
    const world = setup()
    const { token, id } = await world.stored({ a: 0 })
    const session = await retryingStore(world, () => elsewhereSets(world, token, { a: 'theirs' })).open(token)
    Object.assign(session.data, { a: 'mine' })
    await session.update((data) => void data.n++)
    expect(session.data).toEqual({ n: 1, a: 'mine' })
    expect(await rejectionOf(session.save())).toMatchObject({ code: 'ERR_CONFLICT', keys: ['a'] })
    expect(dataOf(world.records, id)).toEqual({ n: 1, a: 'theirs' })
  })

  it('does not let the request past a login that came on top of it', async () => {
    const world = setup()
    const { token, id } = await world.stored({ a: 'stored' })
    const sessions = retryingStore(world, async () => {
      await (await world.elsewhere.open(token)).login('alice')
    })
    const session = await sessions.open(token)
    session.data.n = 1
    expect((await session.save()).status).toBe('saved')
    session.data.n = 2
    expect((await session.save()).status).toBe('superseded')
    expect(session.owner).toBeNull()
    expect(dataOf(world.records, id)).toEqual({ n: 1, a: 'stored' })
  })
})

describe('a creation without an answer', () => {
  it('may still arrive, so that the next save is another session under an id of its own', async () => {
    const { sessions, backend, open, records } = setup()
    const session = await sessions.open()
    const { id } = session
    session.data.n = 1
    backend.failNext('create', cause)
    backend.failNext('load', cause)
    expect(await rejectionOf(session.save())).toMatchObject({ code: 'ERR_STORE_FAILED', operation: 'create', cause })
    const token = tokenIn(await session.save())
    expect(session.id).not.toBe(id)
    expect((await open(token)).data.n).toBe(1)
    expect([...records.keys()]).toEqual([`default:${session.id}`])
  })
})

describe('a write whose answer was lost, on a store that may lose it with its server', () => {
  const capabilities = { ...memoryStore().capabilities, failover: 'may-lose-acknowledged-writes' as const }
  const unconfirmed = new LeewayError('ERR_NOT_REPLICATED', '0 of 1 replicas have confirmed the write')

  function world() {
    const found = setup()
    const store = new Proxy(found.backend.store, {
      get: (target, name) => (name === 'capabilities' ? capabilities : Reflect.get(target, name)),
    })
    return { ...found, sessions: createSessions({ store, initialData: () => ({ n: 0 }) }) }
  }

  it('counts once a touch has confirmed what was found', async () => {
    const { sessions, backend } = world()
    const session = await sessions.open()
    session.data.n = 1
    backend.loseNext('create')
    const { status, token } = await session.save()
    expect(status).toBe('saved')
    const again = await sessions.open(token)
    again.data.n = 2
    backend.loseNext('update')
    expect((await again.save()).status).toBe('saved')
    expect(backend.calls).toEqual(['create', 'load', 'touch', 'load', 'update', 'load', 'touch'])
  })

  it('is an error where that is not confirmed', async () => {
    const { sessions, backend } = world()
    const session = await sessions.open()
    session.data.n = 1
    const { token } = await session.save()
    const again = await sessions.open(token)
    again.data.n = 2
    backend.loseNext('update', cause)
    backend.loseNext('touch', unconfirmed)
    expect(await rejectionOf(again.save())).toMatchObject({ code: 'ERR_STORE_FAILED', cause })
    expect((await again.save()).status).toBe('saved')
    expect((await sessions.open(token)).data.n).toBe(2)
  })
})
