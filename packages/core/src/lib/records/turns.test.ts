import { describe, expect, it } from 'vitest'
import { LeewayError } from '../errors.ts'
import { settled } from '../testing-stores.ts'
import { Turns } from './turns.ts'

describe('turns', () => {
  it('are taken first in, first out per key, and other keys do not wait', async () => {
    const turns = new Turns<number>()
    const order: string[] = []
    const gate = Promise.withResolvers<void>()
    const first = turns.run('a', async () => {
      order.push('first starts')
      await gate.promise
      order.push('first ends')
    })
    const others = [2, 3, 4].map((n) => turns.run('a', async () => void order.push(`a${n}`)))
    const elsewhere = turns.run('b', async () => void order.push('b'))
    await settled()
    expect(order).toEqual(['first starts', 'b'])
    gate.resolve()
    await Promise.all([first, elsewhere, ...others])
    expect(order).toEqual(['first starts', 'b', 'first ends', 'a2', 'a3', 'a4'])
  })

  it('start from what the one before left, also where that one left it and then failed', async () => {
    const turns = new Turns<number>()
    const seen: (number | undefined)[] = []
    await Promise.allSettled([
      turns.run('a', async (left, leave) => {
        seen.push(left)
        leave(1)
      }),
      turns.run('a', async (left, leave) => {
        seen.push(left)
        leave(2)
        throw new Error('after leaving')
      }),
      turns.run('a', async (left) => {
        seen.push(left)
        throw new Error('without leaving')
      }),
      turns.run('a', async (left) => void seen.push(left)),
    ])
    expect(seen).toEqual([undefined, 1, 2, 2])
  })

  it('remember nothing once nobody waits', async () => {
    const turns = new Turns<number>()
    await turns.run('a', async (_left, leave) => leave(1))
    expect(await turns.run('a', async (left) => left)).toBeUndefined()
  })

  it('are all taken at once behind one in which the backend failed, and one by one again after them', async () => {
    const turns = new Turns<number>()
    const order: string[] = []
    const [first, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const outage = turns.run('a', () => first.promise)
    const waiting = [1, 2, 3].map((n) =>
      turns.run('a', async () => {
        order.push(`${n} starts`)
        await held.promise
      }),
    )
    first.reject(new LeewayError('ERR_STORE_TIMEOUT', 'no answer'))
    await expect(outage).rejects.toMatchObject({ code: 'ERR_STORE_TIMEOUT' })
    await settled()
    expect(order).toEqual(['1 starts', '2 starts', '3 starts'])
    held.resolve()
    await Promise.all(waiting)
    const later = Promise.withResolvers<void>()
    const after = [turns.run('a', () => later.promise), turns.run('a', async () => void order.push('in turn'))]
    await settled()
    expect(order).not.toContain('in turn')
    later.resolve()
    await Promise.all(after)
    expect(order).toContain('in turn')
  })

  it('stay one by one behind one that failed for a reason of its own', async () => {
    const turns = new Turns<number>()
    const held = Promise.withResolvers<void>()
    const failing = turns.run('a', () => Promise.reject(new LeewayError('ERR_CONFLICT', 'mine')))
    const next = turns.run('a', () => held.promise)
    let isLastStarted = false
    const last = turns.run('a', async () => {
      isLastStarted = true
    })
    await expect(failing).rejects.toMatchObject({ code: 'ERR_CONFLICT' })
    await settled()
    expect(isLastStarted).toBe(false)
    held.resolve()
    await Promise.all([next, last])
  })

  it('pass on what the work answers and what it fails with', async () => {
    const turns = new Turns<number>()
    expect(await turns.run('a', async () => 'answer')).toBe('answer')
    const error = new Error('mine')
    await expect(turns.run('a', () => Promise.reject(error))).rejects.toBe(error)
    expect(await turns.run('a', async () => 'next')).toBe('next')
  })
})
