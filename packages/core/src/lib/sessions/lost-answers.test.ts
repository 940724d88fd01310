import { describe, expect, it } from 'vitest'
import { LeewayError } from '../errors.ts'
import { rejectionOf } from '../testing-errors.ts'
import { setup } from '../testing-sessions.ts'

describe('a write whose answer was lost', () => {
  it('is found by its version, and was saved', async () => {
    const { stored, open, backend } = setup()
    const { token } = await stored()
    const session = await open(token)
    session.data.n = 1
    backend.forget()
    backend.loseNext('update')
    expect((await session.save()).status).toBe('saved')
    expect(backend.calls).toEqual(['update', 'load'])
    session.data.n = 2
    expect((await session.save()).status).toBe('saved')
    expect((await open(token)).data.n).toBe(2)
  })

  it('is not applied twice, also when others wrote on top of it', async () => {
    const { stored, open, backend, elsewhere } = setup()
    const { token } = await stored()
    for (let others = 0; others <= 3; others++) {
      backend.afterNext('update', async () => {
        for (let i = 0; i < others; i++) await (await elsewhere.open(token)).update((data) => void data.n++)
        throw new Error('connection reset')
      })
      const session = await open(token)
      const before = session.data.n
      await session.update((data) => void data.n++)
      expect((await open(token)).data.n).toBe(before + 1 + others)
    }
  })

  it('that cannot be looked up either is an error, and the save after it does not conflict with itself', async () => {
    const { stored, open, backend, elsewhere } = setup()
    const { token } = await stored({ a: 1 })
    const session = await open(token)
    session.data.a = 2
    backend.loseNext('update')
    backend.failNext('load')
    expect((await rejectionOf(session.save())).code).toBe('ERR_STORE_FAILED')
    await (await elsewhere.open(token)).update((data) => void Object.assign(data, { b: 1 }))
    session.data.a = 3
    expect((await session.save()).status).toBe('saved')
    expect((await open(token)).data).toEqual({ n: 0, a: 3, b: 1 })
  })

  it('does not undo what others wrote after it, when an update comes before the next save', async () => {
    const { stored, open, backend, elsewhere } = setup({ onConflict: 'overwrite' })
    const { token } = await stored({ b: 0 })
    const session = await open(token)
    session.data.a = 1
    backend.loseNext('update')
    backend.failNext('load')
    await rejectionOf(session.save())
    await (await elsewhere.open(token)).update((data) => void Object.assign(data, { b: 1 }))
    await session.update((data) => void Object.assign(data, { c: 1 }))
    await (await elsewhere.open(token)).update((data) => void Object.assign(data, { b: 2 }))
    session.data.c = 2
    await session.save()
    expect((await open(token)).data).toEqual({ n: 0, a: 1, b: 2, c: 2 })
  })

  it('is recognised by whatever this handle writes next, and flashed no second time', async () => {
    const { stored, open, backend, elsewhere } = setup()
    const { token } = await stored()
    const others = async (key: string) => {
      const other = await elsewhere.open(token)
      other.flash(key, 'theirs')
      await other.save()
      for (let i = 0; i < 4; i++) await other.update((data) => void data.n++)
    }
    const session = await open(token)
    session.flash('notice', 'mine')
    backend.loseNext('update')
    backend.failNext('load')
    await rejectionOf(session.save())
    await session.rotate()
    await others('x')
    await session.update((data) => void data.n++)
    expect(await session.takeFlash('x')).toEqual(['theirs'])
    expect((await session.save()).status).toBe('unchanged')
    expect(await (await open(token)).takeFlash('notice')).toEqual(['mine'])
  })

  it('that created the session is found, and its token opens it', async () => {
    const { sessions, open, backend } = setup()
    const session = await sessions.open()
    session.data.n = 1
    backend.loseNext('create')
    const { status, token } = await session.save()
    expect(status).toBe('saved')
    expect((await open(token)).data.n).toBe(1)
  })

  it('that may have created the session is an error, and the next save mints another id and secret', async () => {
    const { sessions, open, backend, records } = setup()
    const session = await sessions.open()
    const { id } = session
    session.data.n = 1
    backend.loseNext('create')
    backend.failNext('load')
    expect((await rejectionOf(session.save())).code).toBe('ERR_STORE_FAILED')
    const { token } = await session.save()
    expect(session.id).not.toBe(id)
    expect(token?.startsWith(session.id)).toBe(true)
    expect((await open(token)).data.n).toBe(1)
    expect(records.size).toBe(2)
  })

  it('that may have created the session: an update is stored once under the new id', async () => {
    const { sessions, open, backend } = setup()
    const session = await sessions.open()
    backend.loseNext('create')
    backend.failNext('load')
    await rejectionOf(session.update((data) => void data.n++))
    await session.update((data) => void data.n++)
    expect((await open((await session.save()).token)).data.n).toBe(1)
  })

  it('that logged in is found: the new token works and the old one does not', async () => {
    const { stored, sessions, open, backend } = setup()
    const { token } = await stored()
    const session = await open(token)
    backend.loseNext('update')
    const result = await session.login('alice')
    expect((await open(result.token)).owner).toBe('alice')
    expect((await sessions.open(token)).isNew).toBe(true)
  })

  it('that destroyed the session: destroying again answers gone', async () => {
    const { stored, sessions, open, backend } = setup()
    const { token } = await stored()
    const session = await open(token)
    backend.loseNext('destroy')
    expect((await rejectionOf(session.destroy())).code).toBe('ERR_STORE_FAILED')
    expect(await session.destroy()).toEqual({ status: 'gone' })
    expect((await sessions.open(token)).isNew).toBe(true)
  })
})

describe('a write that failed before it was applied', () => {
  it.each(['save', 'update', 'rotate', 'login'] as const)(
    'is an error of %s, and doing it again works',
    async (name) => {
      const { stored, open, backend } = setup()
      const { token } = await stored()
      const session = await open(token)
      session.data.a = 'changed'
      const act = {
        save: () => session.save(),
        update: () => session.update((data) => void data.n++),
        rotate: () => session.rotate(),
        login: () => session.login('alice'),
      }[name]
      const cause = new Error('disk full')
      backend.failNext('update', cause)
      expect(await rejectionOf(act())).toMatchObject({ code: 'ERR_STORE_FAILED', operation: 'update', cause })
      expect((await open(token)).data).toEqual({ n: 0, a: 'stored' })
      await act()
      if (name !== 'save') await session.save()
      const sent = (await session.save()).token
      expect((await open(sent ?? token)).data).toEqual({ n: name === 'update' ? 1 : 0, a: 'changed' })
    },
  )

  it('of a new session is an error, and doing it again works', async () => {
    const { sessions, open, backend, records } = setup()
    const session = await sessions.open()
    session.data.n = 1
    backend.failNext('create')
    expect((await rejectionOf(session.save())).code).toBe('ERR_STORE_FAILED')
    expect(records.size).toBe(0)
    expect((await open((await session.save()).token)).data.n).toBe(1)
    expect(records.size).toBe(1)
  })

  it('with an error of leeway itself is passed on as it is', async () => {
    const { stored, open, backend } = setup()
    const session = await open((await stored()).token)
    session.data.n = 1
    const error = new LeewayError('ERR_STORE_TIMEOUT', 'too slow')
    backend.failNext('update', error)
    expect(await rejectionOf(session.save())).toBe(error)
  })
})
