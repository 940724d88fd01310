import { describe, expect, it } from 'vitest'
import { rejectionOf, thrownBy } from '../testing-errors.ts'
import { settled } from '../testing-stores.ts'
import { Gate } from './gate.ts'

/** Work that ends when it is told to. */
function work() {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  return { run: () => promise, resolve, reject }
}

describe('an open gate', () => {
  it('passes on what the work answers', async () => {
    const gate = new Gate()
    gate.assertOpen('load')
    expect(await gate.run('load', async () => 'answer')).toBe('answer')
  })

  it('passes on what the work fails with, and stays open', async () => {
    const gate = new Gate()
    const error = new Error('mine')
    await expect(gate.run('load', () => Promise.reject(error))).rejects.toBe(error)
    await expect(
      gate.run('load', () => {
        throw error
      }),
    ).rejects.toBe(error)
    expect(await gate.run('load', async () => 'next')).toBe('next')
  })
})

describe('closing', () => {
  it('refuses from the call on, before anything has been released, and names the operation', async () => {
    const gate = new Gate()
    const { run, resolve } = work()
    const under = gate.run('load', run)
    const closing = gate.close(() => {})
    const refused = thrownBy(() => gate.assertOpen('touch'))
    expect([refused.code, refused.operation]).toEqual(['ERR_STORE_CLOSED', 'touch'])
    let called = false
    const rejection = await rejectionOf(
      gate.run('update', async () => {
        called = true
      }),
    )
    expect([rejection.code, rejection.operation, called]).toEqual(['ERR_STORE_CLOSED', 'update', false])
    resolve('answer')
    await closing
    expect(await under).toBe('answer')
    expect(thrownBy(() => gate.assertOpen('load')).code).toBe('ERR_STORE_CLOSED')
  })

  it('waits for a single call', async () => {
    const gate = new Gate()
    const { run, resolve } = work()
    const under = gate.run('load', run)
    let released = false
    const closing = gate.close(() => {
      released = true
    })
    await settled()
    expect(released).toBe(false)
    resolve('answer')
    await closing
    expect(released).toBe(true)
    expect(await under).toBe('answer')
  })

  it('waits for all that is under way, failures included, and only then releases', async () => {
    const gate = new Gate()
    const [first, second] = [work(), work()]
    const order: string[] = []
    const running = Promise.allSettled([
      gate.run('load', first.run).finally(() => order.push('first')),
      gate.run('update', second.run).finally(() => order.push('second')),
    ])
    const closing = gate.close(() => void order.push('released')).then(() => order.push('closed'))
    await settled()
    expect(order).toEqual([])
    second.reject(new Error('mine'))
    await settled()
    expect(order).toEqual(['second'])
    first.resolve('answer')
    await closing
    expect(order).toEqual(['second', 'first', 'released', 'closed'])
    const outcomes = await running
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  })

  it('does not wait for work that has ended', async () => {
    const gate = new Gate()
    await gate.run('load', async () => 'answer')
    await expect(gate.run('load', () => Promise.reject(new Error('mine')))).rejects.toThrow('mine')
    let released = false
    await gate.close(() => {
      released = true
    })
    expect(released).toBe(true)
  })

  it('waits for a release that takes its time', async () => {
    const gate = new Gate()
    const { run, resolve } = work()
    let closed = false
    const closing = gate
      .close(async () => void (await run()))
      .then(() => {
        closed = true
      })
    await settled()
    expect(closed).toBe(false)
    resolve('released')
    await closing
    expect(closed).toBe(true)
  })

  it('again, at once or later, is the same closing: what the store holds is released once', async () => {
    const gate = new Gate()
    const { run, resolve } = work()
    const under = gate.run('load', run)
    let released = 0
    const release = () => void released++
    const closings = [gate.close(release), gate.close(release)]
    resolve('answer')
    await Promise.all(closings)
    await gate.close(release)
    await under
    expect(released).toBe(1)
  })

  it('that fails to release says so to everybody who closes, and stays closed', async () => {
    const gate = new Gate()
    const error = new Error('disk gone')
    const release = () => Promise.reject(error)
    const closings = await Promise.allSettled([gate.close(release), gate.close(() => {})])
    expect(closings.map((closing) => closing.status === 'rejected' && closing.reason)).toEqual([error, error])
    expect(thrownBy(() => gate.assertOpen('load')).code).toBe('ERR_STORE_CLOSED')
  })
})
