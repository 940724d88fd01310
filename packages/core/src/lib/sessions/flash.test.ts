import { describe, expect, it } from 'vitest'
import { memoryStore } from '../memory-store.ts'
import { rejectionOf, thrownBy } from '../testing-errors.ts'
import { GRACE, IDLE, setup, tokenIn } from '../testing-sessions.ts'
import type { Session } from './session.ts'
import { createSessions } from './sessions.ts'
import type { Sessions } from './sessions-api.ts'

describe('a flash value', () => {
  it('is taken once, by a later request', async () => {
    const { stored, open } = setup()
    const { token } = await stored()
    const session = await open(token)
    session.flash('notice', { text: 'saved', at: [1] })
    expect(await session.takeFlash('notice')).toEqual([])
    expect((await session.save()).status).toBe('saved')
    expect(await (await open(token)).takeFlash('notice')).toEqual([{ text: 'saved', at: [1] }])
    expect(await (await open(token)).takeFlash('notice')).toEqual([])
  })

  it('is stored once, however often its request saves', async () => {
    const { stored, open } = setup()
    const { token } = await stored()
    const session = await open(token)
    session.flash('notice', 1)
    await session.save()
    session.data.n = 2
    await session.save()
    expect(await (await open(token)).takeFlash('notice')).toEqual([1])
  })

  it('is reason to store a new session', async () => {
    const { sessions, open } = setup()
    const session = await sessions.open()
    session.flash('error', 'wrong password')
    const answer = await session.save()
    expect(answer.status).toBe('saved')
    expect(await (await open(tokenIn(answer))).takeFlash('error')).toEqual(['wrong password'])
  })

  it('is no part of the data, whatever its key', async () => {
    const { stored, open } = setup()
    const { token } = await stored({ a: 1 })
    const session = await open(token)
    for (const key of ['a', 'n', '__proto__', 'constructor', 'x\ny']) session.flash(key, key)
    await session.save()
    const next = await open(token)
    expect(next.data).toEqual({ n: 0, a: 1 })
    for (const key of ['a', 'n', '__proto__', 'constructor', 'x\ny']) expect(await next.takeFlash(key)).toEqual([key])
    expect(await next.takeFlash('toString')).toEqual([])
  })

  it('is what it was when it was given', async () => {
    const { stored, open } = setup()
    const { token } = await stored()
    const session = await open(token)
    const value = { text: 'before' }
    session.flash('notice', value)
    value.text = 'after'
    await session.save()
    expect(await (await open(token)).takeFlash('notice')).toEqual([{ text: 'before' }])
  })

  it('leaves others where they are, and comes in the order given', async () => {
    const { stored, open } = setup()
    const { token } = await stored()
    const session = await open(token)
    session.flash('notice', 1)
    session.flash('error', 2)
    session.flash('notice', 3)
    await session.save()
    const next = await open(token)
    expect(await next.takeFlash('notice')).toEqual([1, 3])
    expect(await next.takeFlash('error')).toEqual([2])
  })

  it('is one of the latest 32, or gone', async () => {
    const { stored, open } = setup()
    const { token } = await stored()
    for (let i = 0; i < 33; i++) {
      const session = await open(token)
      session.flash('notice', i)
      await session.save()
    }
    expect(await (await open(token)).takeFlash('notice')).toEqual(Array.from({ length: 32 }, (_, i) => i + 1))
  })

  it.each([
    ['undefined', undefined],
    ['a Date', new Date()],
    ['NaN', { at: Number.NaN }],
  ])('that is %s is refused at once', async (_what, value) => {
    const { sessions } = setup()
    const session = await sessions.open()
    expect(thrownBy(() => session.flash('notice', value))).toMatchObject({
      code: 'ERR_NOT_SERIALIZABLE',
      path: expect.stringMatching(/^flash\.notice/),
    })
    expect((await session.save()).status).toBe('unchanged')
  })

  it.each(['', 1, undefined, { notice: 1 }])('with %j for a key is refused', async (key) => {
    const { sessions } = setup()
    const session = await sessions.open()
    expect(thrownBy(() => session.flash(key as string, 1)).code).toBe('ERR_INVALID_OPTION')
    expect((await rejectionOf(session.takeFlash(key as string))).code).toBe('ERR_INVALID_OPTION')
  })

  it('takes no room once it has been taken, and asks nothing of the store where there is none', async () => {
    const { stored, open, records, backend } = setup()
    const { token, id } = await stored()
    const payload = () => records.get(`default:${id}`)?.payload ?? ''
    const before = payload()
    const session = await open(token)
    session.flash('notice', 'hello')
    await session.save()
    expect(payload()).toContain('hello')
    const next = await open(token)
    backend.forget()
    await next.takeFlash('error')
    expect(backend.calls).toEqual([])
    await next.takeFlash('notice')
    expect(backend.calls).toEqual(['update'])
    await next.takeFlash('notice')
    expect(backend.calls).toEqual(['update'])
    expect(Object.keys(JSON.parse(payload().split('\n')[0] ?? ''))).toEqual(
      Object.keys(JSON.parse(before.split('\n')[0] ?? '')),
    )
    expect(payload().split('\n')[1]).toBe(before.split('\n')[1])
  })

  it('stays unsaved where the save conflicts', async () => {
    const { stored, open } = setup()
    const { token } = await stored({ a: 1 })
    const [one, two] = [await open(token), await open(token)]
    one.data.a = 2
    await one.save()
    two.data.a = 3
    two.flash('notice', 'mine')
    expect((await rejectionOf(two.save())).code).toBe('ERR_CONFLICT')
    expect(await (await open(token)).takeFlash('notice')).toEqual([])
    two.data.a = 2
    await two.save()
    expect(await (await open(token)).takeFlash('notice')).toEqual(['mine'])
  })

  it('that is flashed while a save is under way waits for the next one', async () => {
    const { stored, open, backend } = setup()
    const { token } = await stored()
    const session = await open(token)
    session.flash('notice', 1)
    const held = backend.holdNext('update')
    const saving = session.save()
    await held.reached
    session.flash('notice', 2)
    held.release()
    await saving
    expect(await (await open(token)).takeFlash('notice')).toEqual([1])
    await session.save()
    expect(await (await open(token)).takeFlash('notice')).toEqual([2])
  })
})

describe('flash values and the life of a session', () => {
  async function flashed() {
    const world = setup()
    const { token } = await world.stored()
    const session = await world.open(token)
    session.flash('notice', 'hello')
    await session.save()
    return { ...world, token }
  }

  it('survive a login, and one given before it is stored with it', async () => {
    const { token, open } = await flashed()
    const session = await open(token)
    session.flash('notice', 'welcome')
    const next = await open(tokenIn(await session.login('alice')))
    expect(await next.takeFlash('notice')).toEqual(['hello', 'welcome'])
  })

  it('survive updates, rotations and timeouts', async () => {
    const { token, open } = await flashed()
    const session = await open(token)
    await session.update((data) => void data.n++)
    session.setTimeouts({ idleTimeoutMs: IDLE })
    await session.save()
    const next = tokenIn(await session.rotate())
    expect(await (await open(next)).takeFlash('notice')).toEqual(['hello'])
  })

  it('do not cross from one owner to another', async () => {
    const { token, open } = await flashed()
    const alice = await open(tokenIn(await (await open(token)).login('alice')))
    alice.flash('notice', 'for alice')
    const bob = await open(tokenIn(await alice.login('bob')))
    expect(await bob.takeFlash('notice')).toEqual([])
  })

  it('die with the session', async () => {
    const { token, open, records } = await flashed()
    const late = await open(token)
    await (await open(token)).destroy()
    expect(await late.takeFlash('notice')).toEqual([])
    late.flash('notice', 'too late')
    expect((await late.save()).status).toBe('gone')
    expect(records.size).toBe(0)
  })

  it('are not taken, nor added to, by a request from before a login', async () => {
    const { token, open } = await flashed()
    const late = await open(token)
    const next = tokenIn(await (await open(token)).login('alice'))
    expect(await late.takeFlash('notice')).toEqual([])
    late.flash('notice', 'from before')
    expect((await late.save()).status).toBe('superseded')
    expect(await (await open(next)).takeFlash('notice')).toEqual(['hello'])
  })

  it('may be taken within the grace by a request that loaded the session while it was live', async () => {
    for (const [offset, values] of [[-1, ['hello']] as const, [0, []] as const, [1, []] as const]) {
      const { token, open, clock } = await flashed()
      const session = await open(token)
      clock.advance(IDLE + GRACE + offset)
      expect(await session.takeFlash('notice')).toEqual(values)
    }
  })
})

describe('flash values on a store that fails', () => {
  it.each(['fail', 'lose'] as const)('are stored once in the end, where the first save was to %s', async (how) => {
    const { stored, open, backend } = setup()
    const { token } = await stored()
    const session = await open(token)
    session.flash('notice', 1)
    backend[`${how}Next`]('update')
    backend.failNext('load')
    expect((await rejectionOf(session.save())).code).toBe('ERR_STORE_FAILED')
    session.flash('notice', 2)
    expect((await session.save()).status).toBe('saved')
    expect((await session.save()).status).toBe('unchanged')
    expect(await (await open(token)).takeFlash('notice')).toEqual([1, 2])
  })

  it('are not stored again where a lost save had stored them and they were taken since', async () => {
    const { stored, open, backend, elsewhere } = setup()
    const { token } = await stored()
    const session = await open(token)
    session.flash('notice', 1)
    backend.loseNext('update')
    backend.failNext('load')
    await rejectionOf(session.save())
    expect(await (await elsewhere.open(token)).takeFlash('notice')).toEqual([1])
    await session.save()
    expect(await (await open(token)).takeFlash('notice')).toEqual([])
  })

  it('are taken by the request that asked, if only the answer was lost', async () => {
    const { stored, open, backend } = setup()
    const { token } = await stored()
    const session = await open(token)
    session.flash('notice', 1)
    await session.save()
    backend.loseNext('update')
    expect(await (await open(token)).takeFlash('notice')).toEqual([1])
  })

  it('are there for the next try, if nothing was written', async () => {
    const { stored, open, backend } = setup()
    const { token } = await stored()
    const session = await open(token)
    session.flash('notice', 1)
    await session.save()
    const next = await open(token)
    backend.failNext('update')
    expect((await rejectionOf(next.takeFlash('notice'))).code).toBe('ERR_STORE_FAILED')
    expect(await next.takeFlash('notice')).toEqual([1])
  })

  it('reject once, where a codec no longer reads them', async () => {
    const { stored, open, records, clock } = setup()
    const { token } = await stored()
    const session = await open(token)
    session.flash('notice', 1)
    await session.save()
    const store = memoryStore({ records })
    const decode = (text: string) => {
      if (text === '1') throw new Error('what is this?')
      return JSON.parse(text)
    }
    const codec = { encode: (value: unknown) => JSON.stringify(value), decode }
    const next = await createSessions({ store, clock, codec }).open(token)
    expect((await rejectionOf(next.takeFlash('notice'))).code).toBe('ERR_INVALID_RECORD')
    expect(await next.takeFlash('notice')).toEqual([])
  })
})

it('flash values are typed by their keys', async () => {
  const sessions = createSessions<{ n: number }, { notice: string; errors: string[] }>({ store: memoryStore() })
  const session = await sessions.open()
  session.flash('errors', ['too short'])
  // @ts-expect-error: there is no such key
  session.flash('notices', 'saved')
  // @ts-expect-error: a notice is a text
  session.flash('notice', 1)
  const errors: string[][] = await session.takeFlash('errors')
  expect(errors).toEqual([])
  // What is written for any session takes this one as well.
  const anySessions: Sessions<{ n: number }> = sessions
  const anySession: Session<{ n: number }> = session
  expect(await anySession.takeFlash('notice')).toEqual([])
  await anySessions.close()
})
