import { describe, expect, it } from 'vitest'
import { ABSOLUTE, setup, TOUCH, tokenIn } from '../testing-sessions.ts'
import { httpSessions } from './http-sessions.ts'
import { sentIn, served } from './testing-exchanges.ts'

describe('a request', () => {
  it('that never opens its session costs no call and sends nothing', async () => {
    const { stored, backend, begin } = served()
    const exchange = begin((await stored()).token)
    expect(await exchange.commit()).toBeUndefined()
    expect(exchange.session).toBeUndefined()
    expect(backend.calls).toEqual([])
  })

  it('without a cookie that changes nothing costs no call and sends nothing', async () => {
    const { backend, begin, records } = served()
    const exchange = begin()
    const session = await exchange.open()
    expect(session).toBe(exchange.session)
    expect(session?.isNew).toBe(true)
    expect(await exchange.commit()).toBeUndefined()
    expect(backend.calls).toEqual([])
    expect(records.size).toBe(0)
  })

  it('that only reads costs one load, and a touch once one is due', async () => {
    const { stored, backend, begin, clock } = served()
    const { token } = await stored()
    for (const [passed, calls] of [
      [0, ['load']],
      [TOUCH - 1, ['load']],
      [1, ['load', 'touch']],
    ] as const) {
      clock.advance(passed)
      const exchange = begin(token)
      await exchange.open()
      expect(await exchange.commit()).toBeUndefined()
      expect(backend.calls).toEqual(calls)
      backend.forget()
    }
  })

  it('that stores a new session sends its token, which the next one brings', async () => {
    const { begin, backend } = served()
    const first = begin()
    const session = await first.open()
    Object.assign(session?.data ?? {}, { a: 1 })
    const header = await first.commit()
    expect(header).toMatch(/^__Host-leeway=[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    const second = begin(sentIn(header))
    expect((await second.open())?.data).toEqual({ n: 0, a: 1 })
    Object.assign(second.session?.data ?? {}, { a: 2 })
    expect(await second.commit()).toBeUndefined()
    expect(backend.calls).toEqual(['create', 'load', 'update'])
  })

  it('tells of its client what the option asks of it, and nothing without', async () => {
    const { sessions } = setup()
    const client = (request: { agent: string }) => ({ userAgent: request.agent })
    for (const options of [{ secure: false, client }, { secure: false }]) {
      const http = httpSessions<object, { agent: string }>(sessions, options)
      await (await http.begin('', { agent: 'Browser/1.0' }).open()).login('alice')
    }
    const clients = (await sessions.list('alice', { details: true })).map((session) => session.client)
    expect(clients).toHaveLength(2)
    expect(clients).toEqual(expect.arrayContaining([{ userAgent: 'Browser/1.0' }, null]))
  })

  it('opens once and saves once, however often it is asked', async () => {
    const { stored, begin, backend } = served()
    const exchange = begin((await stored()).token)
    const [one, other] = await Promise.all([exchange.open(), exchange.open()])
    expect(one).toBe(other)
    Object.assign(one?.data ?? {}, { a: 'changed' })
    await Promise.all([exchange.commit(), exchange.commit()])
    Object.assign(one?.data ?? {}, { a: 'changed again' })
    await exchange.commit()
    expect(backend.calls).toEqual(['load', 'update'])
  })

  it('that has not awaited its session is saved all the same', async () => {
    const { stored, begin } = served()
    const { token } = await stored()
    const exchange = begin(token)
    const opening = exchange.open().then((session) => Object.assign(session?.data ?? {}, { a: 'late' }))
    await Promise.all([opening, exchange.commit()])
    expect((await begin(token).open())?.data).toMatchObject({ a: 'late' })
  })

  it('never adopts a token that the client chose', async () => {
    const { begin, records } = served()
    const chosen = `${'a'.repeat(26)}.${'b'.repeat(32)}`
    const exchange = begin(chosen)
    Object.assign((await exchange.open())?.data ?? {}, { a: 1 })
    const sent = sentIn(await exchange.commit()) ?? ''
    expect(sent.slice(0, 26)).not.toBe(chosen.slice(0, 26))
    expect([...records.values()].map(({ id }) => id)).toEqual([sent.slice(0, 26)])
  })

  it('that logs in sends the new token; the old cookie is dead', async () => {
    const { stored, begin } = served()
    const { token } = await stored()
    const exchange = begin(token)
    await (await exchange.open())?.login('alice')
    const sent = sentIn(await exchange.commit())
    expect((await begin(sent).open())?.owner).toBe('alice')
    expect((await begin(token).open())?.isNew).toBe(true)
  })

  it('that logs out takes the cookie away, also where the session had gone already', async () => {
    const { loggedIn, begin, elsewhere } = served()
    const { token } = await loggedIn('alice')
    const exchange = begin(token)
    const session = await exchange.open()
    await elsewhere.revokeAll('alice')
    expect(await session?.destroy()).toEqual({ status: 'gone' })
    expect(await exchange.commit()).toBe('__Host-leeway=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax')
  })

  it('whose session was logged out, or logged in to, meanwhile leaves the cookie alone', async () => {
    const { stored, begin, sessions } = served()
    const { token } = await stored()
    const [late, later] = [begin(token), begin(token)]
    for (const exchange of [late, later]) Object.assign((await exchange.open())?.data ?? {}, { a: 'late' })
    const login = await (await sessions.open(token)).login('alice')
    expect(await late.commit()).toBeUndefined()
    await (await sessions.open(login.token)).destroy()
    expect(await later.commit()).toBeUndefined()
  })

  it('that was sent before a login and opened after it stores nothing and sends nothing, unless it logs in or out', async () => {
    const { stored, begin, open, records } = served()
    const { token } = await stored()
    await (await open(token)).login('alice')
    for (const end of ['commit', 'abandon'] as const) {
      const late = begin(token)
      Object.assign((await late.open())?.data ?? {}, { a: 'late' })
      expect(await late[end]()).toBeUndefined()
      expect(records.size).toBe(1)
    }
    for (const end of ['commit', 'abandon'] as const) {
      const writing = begin(token)
      await (await writing.open())?.update((data) => Object.assign(data, { a: 'late' }))
      expect(await writing[end]()).toBeUndefined()
    }
    const login = begin(token)
    await (await login.open())?.login('bob')
    expect((await begin(sentIn(await login.commit())).open())?.owner).toBe('bob')
    const logout = begin(token)
    await (await logout.open())?.destroy()
    expect(await logout.commit()).toContain('Max-Age=0')
  })

  it('derives the token of a rotation whose answer was lost, and a slow one from before a login sends none', async () => {
    const { stored, begin, sessions } = served()
    const { token } = await stored()
    const derived = tokenIn(await (await sessions.open(token)).rotate())
    const [quick, slow] = [begin(token), begin(token)]
    await Promise.all([quick.open(), slow.open()])
    expect(sentIn(await quick.commit())).toBe(derived)
    await (await sessions.open(token)).login('alice')
    expect(await slow.commit()).toBeUndefined()
  })
})

describe('the cookie', () => {
  it('that is fixed lasts until the absolute end of the session, which a login moves', async () => {
    const { begin, clock } = served({ cookie: 'fixed' })
    const first = begin()
    Object.assign((await first.open())?.data ?? {}, { a: 1 })
    const header = await first.commit()
    expect(header).toContain(`Max-Age=${ABSOLUTE / 1000};`)
    clock.advance(5_000)
    const rotating = begin(sentIn(header))
    await (await rotating.open())?.rotate()
    const rotated = await rotating.commit()
    expect(rotated).toContain(`Max-Age=${ABSOLUTE / 1000 - 5};`)
    const login = begin(sentIn(rotated))
    const session = await login.open()
    session?.setTimeouts({ absoluteTimeoutMs: 90_000 })
    await session?.login('alice')
    expect(await login.commit()).toContain('Max-Age=90;')
  })

  it('is fixed for the sessions that a function chooses, and forgotten with the browser for the others', async () => {
    const { begin } = served({ cookie: ({ remainingMs }) => (remainingMs > ABSOLUTE ? 'fixed' : 'browser-session') })
    for (const [remembers, age] of [
      [true, `Max-Age=${(2 * ABSOLUTE) / 1000};`],
      [false, 'Path=/; HttpOnly'],
    ] as const) {
      const login = begin()
      const session = await login.open()
      if (remembers) session?.setTimeouts({ absoluteTimeoutMs: 2 * ABSOLUTE })
      await session?.login('alice')
      const header = await login.commit()
      expect(header).toContain(age)
      expect(header?.includes('Max-Age')).toBe(remembers)
    }
  })

  it('is set and read under one name, as the request came', async () => {
    const { sessions } = setup()
    const http = httpSessions<{ n: number }, { tls: boolean }>(sessions, { secure: ({ tls }) => tls })
    for (const [tls, name] of [
      [true, '__Host-leeway'],
      [false, 'leeway'],
    ] as const) {
      const first = http.begin(undefined, { tls })
      ;(await first.open()).data.n = 7
      const [pair = ''] = (await first.commit())?.split(';') ?? []
      expect(pair.split('=')[0]).toBe(name)
      expect((await http.begin(pair, { tls }).open()).data.n).toBe(7)
      expect((await http.begin(pair, { tls: !tls }).open()).isNew).toBe(true)
    }
  })
})
