import { describe, expect, it } from 'vitest'
import { rejectionOf, thrownBy } from '../testing-errors.ts'
import { setup } from '../testing-sessions.ts'
import { settled } from '../testing-stores.ts'

describe('closing', () => {
  it('waits for what is under way, which still succeeds', async () => {
    const { sessions, backend, stored, open, elsewhere } = setup()
    const { token } = await stored()
    const session = await open(token)
    session.data.n = 1
    const held = backend.holdNext('update')
    const saving = session.save()
    await held.reached
    let isClosed = false
    const closing = sessions.close().then(() => {
      isClosed = true
    })
    await settled()
    expect(isClosed).toBe(false)
    held.release()
    expect((await saving).status).toBe('saved')
    await closing
    expect((await elsewhere.open(token)).data.n).toBe(1)
  })

  it('lets what is waiting its turn in a handle finish as well', async () => {
    const { sessions, stored, open, elsewhere } = setup()
    const { token } = await stored()
    const session = await open(token)
    const updates = Array.from({ length: 10 }, () => session.update((data) => void data.n++))
    await sessions.close()
    await Promise.all(updates)
    expect((await elsewhere.open(token)).data.n).toBe(10)
  })

  it('is idempotent, and closes the store once', async () => {
    const { sessions, backend } = setup()
    await Promise.all([sessions.close(), sessions.close()])
    await sessions.close()
    expect((await rejectionOf(backend.store.load('a'.repeat(26)))).code).toBe('ERR_STORE_CLOSED')
  })

  it('is what disposing does', async () => {
    const { sessions, backend } = setup()
    {
      await using scope = sessions
      await scope.open()
    }
    expect((await rejectionOf(sessions.open())).code).toBe('ERR_STORE_CLOSED')
    expect((await rejectionOf(backend.store.load('a'.repeat(26)))).code).toBe('ERR_STORE_CLOSED')
  })

  it('refuses every later call', async () => {
    const { sessions, stored, open } = setup()
    const session = await open((await stored()).token)
    await sessions.close()
    session.data.n = 1
    for (const call of [
      () => sessions.open(),
      () => sessions.list('alice'),
      () => sessions.revoke('alice', session.id),
      () => sessions.revokeAll('alice'),
      () => sessions.sweep(),
      () => session.save(),
      () => session.update(() => {}),
      () => session.login('alice'),
      () => session.rotate(),
      () => session.destroy(),
    ]) {
      expect((await rejectionOf(call())).code).toBe('ERR_STORE_CLOSED')
    }
    expect(thrownBy(() => sessions.startSweeper()).code).toBe('ERR_STORE_CLOSED')
  })

  it('stops every sweeper, and waits for a sweep under way', async () => {
    const { clock, sessions, backend } = setup()
    for (let i = 0; i < 3; i++) sessions.startSweeper({ intervalMs: 1000 })
    const held = backend.holdNext('sweep')
    clock.advance(1500)
    await held.reached
    let isClosed = false
    const closing = sessions.close().then(() => {
      isClosed = true
    })
    await settled()
    expect(isClosed).toBe(false)
    held.release()
    await closing
    expect(clock.pendingTimers).toBe(0)
  })
})
