import { describe, expect, it } from 'vitest'
import { rejectionOf } from '../testing-errors.ts'
import { sentIn, served } from './testing-exchanges.ts'

describe('in place of a save that failed', () => {
  it('the answer to the error brings the secret of a login that is stored', async () => {
    const { stored, begin, backend } = served()
    const exchange = begin((await stored()).token)
    const session = await exchange.open()
    await session?.login('alice')
    Object.assign(session?.data ?? {}, { a: 'unsaved' })
    backend.failNext('update')
    expect((await rejectionOf(exchange.commit())).code).toBe('ERR_STORE_FAILED')
    const sent = sentIn(await exchange.commit())
    expect((await begin(sent).open())?.owner).toBe('alice')
  })

  it('an abandoned request saves nothing, and sends what its handler had stored', async () => {
    const { stored, begin, backend } = served()
    const exchange = begin((await stored({ a: 'before' })).token)
    const session = await exchange.open()
    await session?.login('alice')
    Object.assign(session?.data ?? {}, { a: 'after' })
    backend.forget()
    const sent = sentIn(await exchange.abandon())
    expect(backend.calls).toEqual([])
    expect((await begin(sent).open())?.data).toMatchObject({ a: 'before' })
    expect(sentIn(await exchange.commit())).toBe(sent)
  })

  it('an abandoned request that wrote nothing sends nothing', async () => {
    const { stored, begin, records } = served()
    for (const token of [undefined, (await stored()).token]) {
      const exchange = begin(token)
      Object.assign((await exchange.open())?.data ?? {}, { a: 'after' })
      expect(await exchange.abandon()).toBeUndefined()
    }
    expect(await begin().abandon()).toBeUndefined()
    expect(records.size).toBe(1)
  })

  it('an abandoned request that had logged out takes the cookie away', async () => {
    const { stored, begin } = served()
    const exchange = begin((await stored()).token)
    await (await exchange.open())?.destroy()
    expect(await exchange.abandon()).toContain('Max-Age=0')
  })

  it('data that cannot be stored is the application’s error, whatever is to happen in an outage', async () => {
    const { begin } = served({ onStoreFailure: 'anonymous' })
    const exchange = begin()
    Object.assign((await exchange.open())?.data ?? {}, { a: new Map() })
    expect((await rejectionOf(exchange.commit())).code).toBe('ERR_NOT_SERIALIZABLE')
    expect(await exchange.commit()).toBeUndefined()
  })
})
