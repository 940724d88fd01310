import { describe, expect, it } from 'vitest'
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

  it('pass on what the work answers and what it fails with', async () => {
    const turns = new Turns<number>()
    expect(await turns.run('a', async () => 'answer')).toBe('answer')
    const error = new Error('mine')
    await expect(turns.run('a', () => Promise.reject(error))).rejects.toBe(error)
    expect(await turns.run('a', async () => 'next')).toBe('next')
  })
})
