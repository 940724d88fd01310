import { describe, expect, it } from 'vitest'
import { rejectionOf, thrownBy } from '../testing-errors.ts'
import { ABSOLUTE, setup } from '../testing-sessions.ts'
import { routerSessions } from './router-sessions.ts'

interface Data {
  name: string
  cart: string[]
}

interface Flash {
  notice: string
}

/** The `Cookie` header that a browser sends after a `Set-Cookie` header. */
const cookieIn = (setCookie: string) => setCookie.split(';')[0] ?? ''

function storage(options: Parameters<typeof routerSessions>[1] = {}) {
  const context = setup({ initialData: () => ({}) as never })
  return { ...context, ...routerSessions<Data, Flash>(context.sessions, options) }
}

describe("sessions in React Router's shape", () => {
  it('give back what was set, and forget what was unset', async () => {
    const { getSession, commitSession } = storage()
    const session = await getSession(null)
    expect([session.id, session.has('name'), session.get('name')]).toEqual(['', false, undefined])
    session.set('name', 'alice')
    session.set('cart', ['book'])
    const cookie = cookieIn(await commitSession(session))
    const next = await getSession(cookie)
    expect(next.id).toMatch(/^[a-z2-7]{26}$/)
    expect([next.has('name'), next.get('name'), next.data.cart]).toEqual([true, 'alice', ['book']])
    next.unset('name')
    await commitSession(next)
    const last = await getSession(cookie)
    expect([last.has('name'), last.data]).toEqual([false, { cart: ['book'] }])
  })

  it('give a flash value once, whichever request asks', async () => {
    const { getSession, commitSession } = storage()
    const session = await getSession()
    session.flash('notice', 'saved')
    expect(session.has('notice')).toBe(true)
    const cookie = cookieIn(await commitSession(session))
    const next = await getSession(cookie)
    expect([next.has('notice'), next.get('notice'), next.get('notice'), next.has('notice')]).toEqual([
      true,
      'saved',
      undefined,
      false,
    ])
    expect((await getSession(cookie)).has('notice')).toBe(true)
    await commitSession(next)
    expect((await getSession(cookie)).has('notice')).toBe(false)
  })

  it('send a cookie only where there is one to send', async () => {
    const { getSession, commitSession, backend } = storage()
    const untouched = await getSession(undefined)
    expect(await commitSession(untouched)).toBe('')
    expect(backend.calls).toEqual([])
    untouched.set('name', 'alice')
    const header = await commitSession(untouched)
    expect(header).toMatch(/^__Host-leeway=.+; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    const again = await getSession(cookieIn(header))
    again.set('name', 'bob')
    expect(await commitSession(again)).toBe('')
    expect(() => new Headers({ 'Set-Cookie': '' })).not.toThrow()
  })

  it('save at every commit', async () => {
    const { getSession, commitSession } = storage()
    const session = await getSession(null)
    session.set('name', 'alice')
    const cookie = cookieIn(await commitSession(session))
    session.set('name', 'bob')
    expect(cookieIn(await commitSession(session))).toBe(cookie)
    expect((await getSession(cookie)).get('name')).toBe('bob')
  })

  it('keep what several loaders and actions of one visitor change', async () => {
    const { getSession, commitSession } = storage()
    const first = await getSession(null)
    first.set('name', 'alice')
    const cookie = cookieIn(await commitSession(first))
    const [left, right] = [await getSession(cookie), await getSession(cookie)]
    left.set('cart', ['book'])
    right.flash('notice', 'hello')
    await Promise.all([commitSession(left), commitSession(right)])
    const after = await getSession(cookie)
    expect([after.get('name'), after.get('cart'), after.get('notice')]).toEqual(['alice', ['book'], 'hello'])
  })

  it('log in and out through the session beneath', async () => {
    const { getSession, commitSession, destroySession, sessionOf, sessions } = storage()
    const session = await getSession(null)
    session.set('name', 'alice')
    const before = cookieIn(await commitSession(session))
    await sessionOf(session).login('alice')
    const cookie = cookieIn(await commitSession(session))
    expect((await getSession(before)).has('name')).toBe(false)
    const next = await getSession(cookie)
    expect(sessionOf(next).owner).toBe('alice')
    expect(await destroySession(next)).toBe('__Host-leeway=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax')
    expect(await sessions.list('alice')).toEqual([])
  })

  it('are not brought back by a commit after a logout', async () => {
    const { getSession, commitSession, destroySession, records } = storage()
    const session = await getSession(null)
    session.set('name', 'alice')
    const cookie = cookieIn(await commitSession(session))
    const [late, leaving] = [await getSession(cookie), await getSession(cookie)]
    await destroySession(leaving)
    late.set('name', 'bob')
    expect(await commitSession(late)).toBe('')
    expect(records.size).toBe(0)
  })

  it('take the options of the cookie, and of the cookie alone', async () => {
    const { getSession, commitSession } = storage({ name: 'sid', secure: false, cookie: 'fixed' })
    const session = await getSession(null)
    session.set('name', 'alice')
    expect(await commitSession(session)).toMatch(new RegExp(`^sid=.+; Max-Age=${ABSOLUTE / 1000}; `))
    const { sessions } = setup()
    for (const options of [
      { domain: 'example.org' },
      { onStoreFailure: 'anonymous' },
      { client: () => ({}) },
      { maxAge: 5 },
    ] as const) {
      expect(thrownBy(() => routerSessions(sessions, options as never)).code).toBe('ERR_INVALID_OPTION')
    }
  })

  it('refuse an age that a commit would have to send against the rules, and a session of another storage', async () => {
    const { getSession, commitSession, destroySession, sessionOf } = storage()
    const session = await getSession(null)
    const foreign = await storage().getSession(null)
    for (const refused of [
      commitSession(session, { maxAge: 5 }),
      destroySession(session, { domain: 'example.org' }),
      getSession(null, { decode: String }),
      commitSession(foreign),
      destroySession({ ...session }),
    ]) {
      expect((await rejectionOf(refused)).code).toBe('ERR_INVALID_OPTION')
    }
    expect(thrownBy(() => sessionOf(foreign)).code).toBe('ERR_INVALID_OPTION')
  })

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('know no value named %s', async (name) => {
    const { getSession } = storage()
    const session = await getSession(null)
    expect([session.has(name as 'name'), session.get(name as 'name')]).toEqual([false, undefined])
  })

  it('let nobody set a prototype', async () => {
    const { getSession, commitSession } = storage()
    const session = await getSession(null)
    session.set('__proto__' as 'name', { admin: true } as never)
    expect(Reflect.get(session.data, 'admin')).toBeUndefined()
    await expect(commitSession(session)).rejects.toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' })
    expect(Reflect.get({}, 'admin')).toBeUndefined()
  })

  it('reject where the store fails, which is never a session without values', async () => {
    const { getSession, commitSession, destroySession, backend } = storage()
    const session = await getSession(null)
    session.set('name', 'alice')
    const cookie = cookieIn(await commitSession(session))
    backend.failNext('load')
    expect((await rejectionOf(getSession(cookie))).code).toBe('ERR_STORE_FAILED')
    const changed = await getSession(cookie)
    changed.set('name', 'bob')
    backend.failNext('update')
    expect((await rejectionOf(commitSession(changed))).code).toBe('ERR_STORE_FAILED')
    backend.failNext('destroy')
    expect((await rejectionOf(destroySession(changed))).code).toBe('ERR_STORE_FAILED')
    expect((await getSession(cookie)).get('name')).toBe('alice')
  })
})
