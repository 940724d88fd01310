import { describe, expect, it } from 'vitest'
import { mintId } from '../ids.ts'
import { rejectionOf } from '../testing-errors.ts'
import { ABSOLUTE, GRACE, IDLE, setup } from '../testing-sessions.ts'
import { formatToken, mintSecret } from './token.ts'

describe('a token that core did not write', () => {
  const id = mintId()
  const secret = mintSecret()
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['an empty text', ''],
    ['an id alone', id],
    ['no secret', `${id}.`],
    ['no id', `.${secret}`],
    ['a truncated one', formatToken({ id, secret }).slice(0, -1)],
    ['one with more behind it', `${formatToken({ id, secret })}x`],
    ['one with a line break behind it', `${formatToken({ id, secret }).slice(0, -1)}\n`],
    ['1 MB', 'a'.repeat(1_000_000)],
    ['an id in upper case', formatToken({ id: id.toUpperCase(), secret })],
    ['an id of another alphabet', formatToken({ id: `${id.slice(0, -1)}8`, secret })],
    ['a reserved id', formatToken({ id: `1${id.slice(1)}`, secret })],
    ['a path', formatToken({ id: '../../../../../etc/passwd0', secret })],
    ['a secret of another alphabet', formatToken({ id, secret: `${secret.slice(0, -1)}+` })],
    ['two dots', `${id}..${secret.slice(1)}`],
    ['quotes', `"${formatToken({ id, secret })}"`],
    ['a number', 42],
    ['an object', { id, secret }],
    ['a list', [formatToken({ id, secret })]],
  ])('%s opens a new session without a call to the store', async (_what, token) => {
    const { sessions, backend } = setup()
    const session = await sessions.open(token as string)
    expect(session).toMatchObject({ isNew: true, owner: null, data: { n: 0 } })
    expect(session.id).toMatch(/^[a-z2-7]{26}$/)
    expect(session.id).not.toBe(id)
    expect(backend.calls).toEqual([])
  })
})

describe('a token that opens nothing', () => {
  it('with an unknown id opens a new session under another id, and nothing is written', async () => {
    const { sessions, backend, records } = setup()
    const id = mintId()
    const session = await sessions.open(formatToken({ id, secret: mintSecret() }))
    expect(session.isNew).toBe(true)
    expect(session.id).not.toBe(id)
    expect(await session.save()).toEqual({ status: 'unchanged', token: null })
    expect(backend.calls).toEqual(['load'])
    expect(records.size).toBe(0)
  })

  it('with a wrong secret changes nothing of the session that it names', async () => {
    const { sessions, backend, records, stored, open } = setup()
    const { token, id } = await stored()
    const before = [...records.values()]
    const session = await sessions.open(formatToken({ id, secret: mintSecret() }))
    expect(session.isNew).toBe(true)
    expect(session.id).not.toBe(id)
    expect(session.data).toEqual({ n: 0 })
    expect(backend.calls).toEqual(['load'])
    expect([...records.values()]).toEqual(before)
    expect((await open(token)).data).toEqual({ n: 0, a: 'stored' })
  })

  it.each([
    ['idle', IDLE],
    ['absolute', ABSOLUTE],
  ])('is refused from its %s end on, by the millisecond, and the record is left to the sweep', async (end, timeout) => {
    for (const [offset, isNew] of [[-1, false] as const, [0, true] as const, [1, true] as const]) {
      const { clock, sessions, records, stored } = setup({ idleTimeoutMs: end === 'idle' ? IDLE : ABSOLUTE + 1 })
      const { token, id } = await stored()
      clock.advance(timeout + offset)
      const session = await sessions.open(token)
      expect(session.isNew).toBe(isNew)
      expect(session.id === id).toBe(!isNew)
      expect(records.size).toBe(1)
    }
  })

  it('stays refused when the clock goes back', async () => {
    const { clock, sessions, stored } = setup()
    const { token } = await stored()
    const start = clock.now()
    clock.advance(IDLE)
    expect((await sessions.open(token)).isNew).toBe(true)
    clock.jumpTo(start)
    expect((await sessions.open(token)).isNew).toBe(true)
  })
})

describe('a new session', () => {
  it('is not stored unless its data changes', async () => {
    const { sessions, backend, records } = setup()
    const session = await sessions.open()
    session.setTimeouts({ idleTimeoutMs: 5 })
    expect(await session.save()).toEqual({ status: 'unchanged', token: null })
    session.data.a = 1
    delete session.data.a
    session.data.b = undefined
    expect(await session.save()).toEqual({ status: 'unchanged', token: null })
    expect(await session.update(() => {})).toEqual({ n: 0 })
    expect(await session.rotate()).toEqual({ status: 'unchanged', token: null })
    expect(await session.destroy()).toEqual({ status: 'gone' })
    expect(backend.calls).toEqual([])
    expect(records.size).toBe(0)
  })

  it.each<[string, (session: Awaited<ReturnType<ReturnType<typeof setup>['sessions']['open']>>) => unknown]>([
    ['save', (session) => session.save()],
    ['update', (session) => session.update((data) => void data.n++)],
    ['login', (session) => session.login('alice')],
  ])('is stored under the id that was read before, and its token opens it: %s', async (operation, store) => {
    const { sessions, open } = setup()
    const session = await sessions.open()
    const { id, createdAt, expiresAt, absoluteExpiresAt, purgeAt } = session
    if (operation === 'save') session.data.n = 1
    await store(session)
    const { token } = await session.save()
    const again = await open(token)
    expect(again).toMatchObject({ id, createdAt, expiresAt, absoluteExpiresAt, purgeAt })
    expect([session.isNew, again.isNew]).toEqual([true, false])
    expect(expiresAt).toBe(createdAt + IDLE)
    expect(absoluteExpiresAt).toBe(createdAt + ABSOLUTE)
    expect(purgeAt).toBe(expiresAt + GRACE)
  })

  it('has initial data of its own', async () => {
    const shared = { n: 0, a: ['x'] }
    const { sessions } = setup({ initialData: () => shared })
    const one = await sessions.open()
    ;(one.data.a as string[]).push('y')
    expect((await sessions.open()).data).toEqual({ n: 0, a: ['x'] })
    expect(shared).toEqual({ n: 0, a: ['x'] })
  })

  it('cannot begin with data that cannot be stored', async () => {
    const { sessions } = setup({ initialData: () => ({ n: Number.NaN }) })
    expect(await rejectionOf(sessions.open())).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE', path: 'data.n' })
  })

  it('lives from the save that stores it, but never beyond its absolute end', async () => {
    const { clock, sessions } = setup()
    const session = await sessions.open()
    clock.advance(1000)
    session.data.n = 1
    await session.save()
    expect(session.expiresAt).toBe(clock.now() + IDLE)
    expect(session.absoluteExpiresAt).toBe(clock.now() - 1000 + ABSOLUTE)
  })

  it('tries another id where its own is taken', async () => {
    const { sessions, backend, open } = setup()
    const session = await sessions.open()
    const { id } = session
    session.data.n = 1
    backend.answerNext('create', 'exists')
    const { token } = await session.save()
    expect(session.id).not.toBe(id)
    expect(backend.calls).toEqual(['create', 'create'])
    expect((await open(token)).data.n).toBe(1)
  })

  it('gives up where every id is taken', async () => {
    const { sessions, backend } = setup()
    const session = await sessions.open()
    session.data.n = 1
    for (let i = 0; i < 3; i++) backend.answerNext('create', 'exists')
    expect((await rejectionOf(session.save())).code).toBe('ERR_CONFLICT')
    expect((await session.save()).status).toBe('saved')
  })
})

describe('opening', () => {
  it('rejects where the store fails, and never answers that with a new session', async () => {
    const { sessions, backend, stored, open } = setup()
    const { token, id } = await stored()
    const cause = new Error('connection refused')
    backend.failNext('load', cause)
    const error = await rejectionOf(sessions.open(token))
    expect(error).toMatchObject({ code: 'ERR_STORE_FAILED', operation: 'load', id: `${id.slice(0, 6)}…`, cause })
    expect((await open(token)).id).toBe(id)
  })

  it('reads and writes nothing beyond one load', async () => {
    const { backend, stored, open } = setup()
    const { token } = await stored()
    await open(token)
    expect(backend.calls).toEqual(['load'])
  })

  it('refuses a record that belongs to another id', async () => {
    const { sessions, backend, records, stored } = setup()
    const { token } = await stored({ a: 'mine' })
    const { id: other } = await stored({ a: 'theirs' })
    backend.answerNext('load', records.get(`default:${other}`))
    expect((await rejectionOf(sessions.open(token))).code).toBe('ERR_STORE_FAILED')
  })

  it.each([
    ['a payload that is none of ours', () => 'garbage'],
    ['data that cannot be decoded', (payload: string) => `${payload.split('\n')[0]}\n{"cut`],
    ['data that is no object', (payload: string) => `${payload.split('\n')[0]}\n[1]`],
  ])('answers %s with a new session, and leaves the bytes alone', async (_what, damage) => {
    const { sessions, backend, records, stored } = setup()
    const { token, id } = await stored()
    const key = `default:${id}`
    const record = records.get(key)
    if (!record) throw new Error('not stored')
    const damaged = { ...record, payload: damage(record.payload) }
    records.set(key, damaged)
    const session = await sessions.open(token)
    expect(session.isNew).toBe(true)
    expect(session.id).not.toBe(id)
    session.data.n = 1
    expect((await session.save()).status).toBe('saved')
    expect(records.get(key)).toEqual(damaged)
    expect(backend.calls).toEqual(['load', 'create'])
  })
})
