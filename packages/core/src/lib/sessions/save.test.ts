import { describe, expect, it } from 'vitest'
import { rejectionOf } from '../testing-errors.ts'
import { ABSOLUTE, GRACE, IDLE, setup, TOUCH, tokenIn } from '../testing-sessions.ts'

describe('a save', () => {
  it('sends a token with a session that this request began, and none with one that it found', async () => {
    const { sessions, open } = setup()
    const session = await sessions.open()
    session.data.n = 1
    const token = tokenIn(await session.save())
    expect(await session.save()).toEqual({ status: 'unchanged', token })
    const again = await open(token)
    again.data.n = 2
    expect(await again.save()).toEqual({ status: 'saved', token: null })
  })

  it('writes what changed deep inside, and an assigned object', async () => {
    const { stored, open } = setup()
    const { token } = await stored({ a: { list: [1] } })
    const session = await open(token)
    ;(session.data.a as { list: number[] }).list.push(2)
    expect((await session.save()).status).toBe('saved')
    session.data = { n: 7 }
    expect((await session.save()).status).toBe('saved')
    expect((await open(token)).data).toEqual({ n: 7 })
  })

  it('with nothing changed is unchanged, in whatever order the keys stand', async () => {
    const { stored, open, backend } = setup()
    const { token } = await stored({ a: 1, b: 2 })
    const session = await open(token)
    expect((await session.save()).status).toBe('unchanged')
    expect(backend.calls).toEqual(['load'])
  })

  it('that was merged leaves nothing to write', async () => {
    const { stored, open, backend, elsewhere } = setup()
    const { token } = await stored({ a: 1 })
    const session = await open(token)
    session.data.b = 2
    const other = await elsewhere.open(token)
    other.data.c = 3
    await other.save()
    await session.save()
    expect(session.data).toEqual({ n: 0, a: 1, b: 2, c: 3 })
    backend.forget()
    expect((await session.save()).status).toBe('unchanged')
    expect(backend.calls).toEqual([])
  })

  it.each([
    ['null', null],
    ['an array', []],
    ['a Map', new Map()],
  ])('of %s as data is refused, and nothing is written', async (_what, data) => {
    const { stored, open, backend, records } = setup()
    const { token } = await stored()
    const before = [...records.values()]
    const session = await open(token)
    session.data = data as unknown as { n: number }
    backend.forget()
    expect((await rejectionOf(session.save())).code).toBe('ERR_NOT_SERIALIZABLE')
    expect(backend.calls).toEqual([])
    expect([...records.values()]).toEqual(before)
    session.data = { n: 1 }
    expect((await session.save()).status).toBe('saved')
  })

  it('of what cannot be stored names the place', async () => {
    const { stored, open } = setup()
    const session = await open((await stored()).token)
    session.data.a = [{ at: new Date() }]
    expect(await rejectionOf(session.save())).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE', path: 'data.a[0].at' })
  })

  it('of more than the store takes is refused and leaves the session as it was', async () => {
    const { stored, open } = setup()
    const { token } = await stored()
    const session = await open(token)
    session.data.a = 'x'.repeat(1_048_576)
    expect((await rejectionOf(session.save())).code).toBe('ERR_PAYLOAD_TOO_LARGE')
    expect((await open(token)).data.a).toBe('stored')
    session.data.a = 'small'
    expect((await session.save()).status).toBe('saved')
  })

  it('moves the end of the session', async () => {
    const { clock, stored, open } = setup()
    const { token } = await stored()
    clock.advance(1000)
    const session = await open(token)
    session.data.n = 1
    await session.save()
    expect(session.expiresAt).toBe(clock.now() + IDLE)
    expect(session.purgeAt).toBe(clock.now() + IDLE + GRACE)
    expect((await open(token)).expiresAt).toBe(session.expiresAt)
  })
})

describe('a touch', () => {
  it.each([
    [-1, 'unchanged'],
    [0, 'touched'],
    [1, 'touched'],
  ])('is due at the interval %i ms: %s', async (offset, status) => {
    const { clock, stored, open, backend } = setup()
    const { token } = await stored()
    clock.advance(TOUCH + offset)
    const session = await open(token)
    backend.forget()
    expect(await session.save()).toEqual({ status, token: null })
    expect(backend.calls).toEqual(status === 'touched' ? ['touch'] : [])
    const extended = status === 'touched' ? clock.now() + IDLE : clock.now() - (TOUCH + offset) + IDLE
    expect(session.expiresAt).toBe(extended)
    expect((await open(token)).expiresAt).toBe(extended)
    expect(await session.save()).toEqual({ status: 'unchanged', token: null })
  })

  it('is always due close to the end', async () => {
    const { clock, stored, open } = setup({ idleTimeoutMs: 100, touchIntervalMs: 100 })
    const { token } = await stored()
    clock.advance(1)
    expect((await (await open(token)).save()).status).toBe('touched')
  })

  it('keeps a session that is used alive until its absolute end, and no longer', async () => {
    const { clock, sessions, stored } = setup()
    const { token } = await stored()
    const end = clock.now() + ABSOLUTE
    while (clock.now() < end - 1) {
      clock.advance(Math.min(IDLE - 1, end - 1 - clock.now()))
      const session = await sessions.open(token)
      expect(session.isNew).toBe(false)
      await session.save()
    }
    clock.advance(1)
    expect((await sessions.open(token)).isNew).toBe(true)
  })

  it('that meets a change by somebody else leaves it to them', async () => {
    const { clock, stored, open, elsewhere } = setup()
    const { token } = await stored()
    clock.advance(TOUCH)
    const session = await open(token)
    const other = await elsewhere.open(token)
    other.data.n = 5
    await other.save()
    expect((await session.save()).status).toBe('unchanged')
    expect((await open(token)).data.n).toBe(5)
  })

  it('does not stretch a session whose timeout somebody shortened meanwhile', async () => {
    const { clock, stored, open } = setup()
    const { token } = await stored()
    clock.advance(TOUCH)
    const slow = await open(token)
    const other = await open(token)
    other.setTimeouts({ idleTimeoutMs: 100 })
    expect((await other.save()).status).toBe('saved')
    await slow.save()
    expect((await open(token)).expiresAt).toBe(clock.now() + 100)
  })
})

describe('saves over each other', () => {
  it('merge key by key, and show what others changed', async () => {
    const { stored, open } = setup()
    const { token } = await stored({ a: 1, b: 1, c: 1 })
    const [one, two] = [await open(token), await open(token)]
    one.data.a = 2
    delete one.data.c
    two.data.b = 2
    two.data.n = 9
    expect((await one.save()).status).toBe('saved')
    expect((await two.save()).status).toBe('saved')
    expect(two.data).toEqual({ n: 9, a: 2, b: 2 })
    expect((await open(token)).data).toEqual({ n: 9, a: 2, b: 2 })
  })

  it('never write a key from memory that was not changed here', async () => {
    const { stored, open } = setup()
    const { token } = await stored({ a: 'old' })
    const [one, two] = [await open(token), await open(token)]
    one.data.a = 'new'
    await one.save()
    two.data.b = 1
    await two.save()
    expect(two.data.a).toBe('new')
    two.data.b = 2
    await two.save()
    expect((await open(token)).data).toEqual({ n: 0, a: 'new', b: 2 })
  })

  it('that change a key differently: the later is refused with the keys, and nothing of it is written', async () => {
    const { stored, open } = setup()
    const { token } = await stored({ a: 1 })
    const [one, two] = [await open(token), await open(token)]
    one.data.a = 2
    two.data.a = 3
    two.data.b = 3
    await one.save()
    const error = await rejectionOf(two.save())
    expect([error.code, error.keys]).toEqual(['ERR_CONFLICT', ['a']])
    expect((await open(token)).data).toEqual({ n: 0, a: 2 })
    expect(two.data).toEqual({ n: 0, a: 3, b: 3 })
    two.data.a = 2
    expect((await two.save()).status).toBe('saved')
    expect((await open(token)).data).toEqual({ n: 0, a: 2, b: 3 })
  })

  it('ask onConflict about a key that both changed', async () => {
    const { stored, open } = setup({
      onConflict: (_key, { base, ours, theirs }) => [base, ours, theirs],
    })
    const { token } = await stored({ a: 1 })
    const [one, two] = [await open(token), await open(token)]
    one.data.a = 2
    two.data.a = 3
    await one.save()
    await two.save()
    expect(two.data.a).toEqual([1, 3, 2])
    expect((await open(token)).data.a).toEqual([1, 3, 2])
  })

  it("let the later win with 'overwrite', and still keep keys that only the other changed", async () => {
    const { stored, open } = setup({ onConflict: 'overwrite' })
    const { token } = await stored({ a: 1, b: 1 })
    const [one, two] = [await open(token), await open(token)]
    one.data.a = 2
    one.data.b = 2
    two.data.a = 3
    await one.save()
    await two.save()
    expect((await open(token)).data).toEqual({ n: 0, a: 3, b: 2 })
  })

  it('of 50 handles that each set a key of their own keep all 50', async () => {
    const { stored, open } = setup()
    const { token } = await stored()
    const handles = await Promise.all(Array.from({ length: 50 }, () => open(token)))
    await Promise.all(
      handles.map((session, i) => {
        session.data = { ...session.data, [`key${i}`]: i } as typeof session.data
        return session.save()
      }),
    )
    expect(Object.keys((await open(token)).data).filter((key) => key.startsWith('key'))).toHaveLength(50)
  })
})

describe('a save in a queue of this process', () => {
  it('starts from what this request loaded, where that is newer than what the one before it left', async () => {
    const { stored, open, backend, elsewhere } = setup()
    const { token } = await stored({ a: 1 })
    const written = Promise.withResolvers<void>()
    const answered = Promise.withResolvers<void>()
    backend.afterNext('update', () => {
      written.resolve()
      return answered.promise
    })
    const slow = (await open(token)).update((data) => void data.n++)
    await written.promise
    await (await elsewhere.open(token)).update((data) => void Object.assign(data, { a: 5 }))
    const session = await open(token)
    expect(session.data.a).toBe(5)
    session.data.a = 6
    const saving = session.save()
    answered.resolve()
    await slow
    expect((await saving).status).toBe('saved')
    expect((await open(token)).data).toEqual({ n: 1, a: 6 })
  })
})

describe('one handle', () => {
  it('takes its operations in the order they were called, awaited or not', async () => {
    const { stored, open } = setup()
    const { token } = await stored()
    const session = await open(token)
    session.data.a = 'first'
    const first = session.save()
    session.data.a = 'second'
    const second = session.save()
    const [counted] = await Promise.all([session.update((data) => void data.n++), first, second])
    expect(counted).toEqual({ n: 1, a: 'second' })
    expect((await open(token)).data).toEqual({ n: 1, a: 'second' })
  })

  it('keeps what changed while its save was under way, unsaved', async () => {
    const { stored, open, backend } = setup()
    const { token } = await stored({ a: 1 })
    const session = await open(token)
    session.data.a = 2
    const held = backend.holdNext('update')
    const saving = session.save()
    await held.reached
    session.data.a = 3
    session.data.b = 'meanwhile'
    held.release()
    await saving
    expect((await open(token)).data).toEqual({ n: 0, a: 2 })
    expect(session.data).toEqual({ n: 0, a: 3, b: 'meanwhile' })
    await session.save()
    expect((await open(token)).data).toEqual({ n: 0, a: 3, b: 'meanwhile' })
  })

  it('reports a key that changed here while its save met a change of it by others', async () => {
    const { stored, open, elsewhere, backend } = setup()
    const { token } = await stored({ a: 0 })
    const session = await open(token)
    const other = await elsewhere.open(token)
    other.data.a = 'theirs'
    await other.save()
    session.data.b = 1
    const held = backend.holdNext('update')
    const saving = session.save()
    await held.reached
    session.data.a = 'mine'
    held.release()
    expect((await saving).status).toBe('saved')
    expect(await rejectionOf(session.save())).toMatchObject({ code: 'ERR_CONFLICT', keys: ['a'] })
    expect((await open(token)).data).toEqual({ n: 0, a: 'theirs', b: 1 })
  })

  it('gives onConflict what it decided, and what changed since it was asked', async () => {
    const { stored, open, elsewhere, backend } = setup({
      onConflict: (_key, { base, ours, theirs }) => Number(ours) - Number(base) + Number(theirs),
    })
    const { token } = await stored({ a: 0 })
    const session = await open(token)
    const other = await elsewhere.open(token)
    other.data.a = 10
    await other.save()
    session.data.a = 1
    const held = backend.holdNext('update')
    const saving = session.save()
    await held.reached
    session.data.a = 3
    held.release()
    await saving
    expect((await open(token)).data.a).toBe(11)
    await session.save()
    expect((await open(token)).data.a).toBe(13)
  })

  it('whose data becomes unstorable while its save is under way has saved, and says so', async () => {
    const { stored, open, backend } = setup()
    const { token } = await stored({ a: 1, b: 1 })
    const session = await open(token)
    const other = await open(token)
    other.data.b = 2
    await other.save()
    session.data.a = 2
    const held = backend.holdNext('update')
    const saving = session.save()
    await held.reached
    session.data.a = new Date()
    held.release()
    expect((await saving).status).toBe('saved')
    expect((await open(token)).data).toEqual({ n: 0, a: 2, b: 2 })
    expect((await rejectionOf(session.save())).path).toBe('data.a')
    session.data.a = 3
    expect((await session.save()).status).toBe('saved')
    expect((await open(token)).data).toEqual({ n: 0, a: 3, b: 2 })
  })

  it('with frozen data takes over what others changed', async () => {
    const { stored, open } = setup()
    const { token } = await stored({ a: 1 })
    const session = await open(token)
    const other = await open(token)
    other.data.b = 2
    await other.save()
    session.data = Object.freeze({ ...session.data, a: 2 })
    expect((await session.save()).status).toBe('saved')
    expect(session.data).toEqual({ n: 0, a: 2, b: 2 })
    expect((await open(token)).data).toEqual({ n: 0, a: 2, b: 2 })
  })
})
