import { describe, expect, it } from 'vitest'
import { type Explored, exploreOrders, followLetters, lettersOf } from '../src/engine/explore.ts'
import { Scheduler } from '../src/engine/scheduler.ts'
import { defineSubject, runConformance, type Step } from '../src/index.ts'
import memory from '../subjects/memory.subject.ts'

/** An operation that makes calls of these names. */
type Program = (step: Step) => Promise<string>

const calls =
  (...names: string[]): Program =>
  async (step) => {
    for (const name of names) await step(name)
    return names.join()
  }

describe('exploreOrders', () => {
  it('runs every order of the calls of two operations, each once', async () => {
    const { orders, isComplete } = await explore([calls('a1', 'a2'), calls('b1', 'b2')])
    expect(orders.toSorted()).toEqual(['aabb', 'abab', 'abba', 'baab', 'baba', 'bbaa'])
    expect(isComplete).toBe(true)
  })

  it('runs every order of three', async () => {
    const { orders } = await explore([calls('a1', 'a2'), calls('b1', 'b2'), calls('c1', 'c2')])
    expect(orders).toHaveLength(90)
    expect(new Set(orders).size).toBe(90)
  })

  it('runs an operation without calls in one turn', async () => {
    const { orders } = await explore([async () => 'done', calls('b1', 'b2')])
    expect(orders.toSorted()).toEqual(['abb', 'bab', 'bba'])
  })

  it('follows what operations do because of the order', async () => {
    let isTaken = false
    const take: Program = async (step) => {
      await step('look')
      if (isTaken) return 'taken'
      isTaken = true
      await step('enter')
      return 'entered'
    }
    const { orders } = await explore([take, take], {
      before() {
        isTaken = false
      },
    })
    expect(orders.toSorted()).toEqual(['aab', 'aba', 'bab', 'bba'])
  })

  it('runs those with few preemptions first, and says what it left out', async () => {
    const programs = [calls('a1', 'a2', 'a3'), calls('b1', 'b2', 'b3')]
    const { orders, isComplete } = await explore(programs, { most: 4 })
    expect(orders).toHaveLength(4)
    expect(orders.slice(0, 2)).toEqual(['aaabbb', 'bbbaaa'])
    expect(orders.slice(2).map(switches)).toEqual([2, 2])
    expect(isComplete).toBe(false)
  })

  it('gets by with operations that make each other wait', async () => {
    let lock = Promise.resolve()
    const locking: Program = (step) => {
      const run = lock.then(() => calls('in', 'out')(step))
      lock = run.then(() => {})
      return run
    }
    const { orders, answers } = await explore([locking, locking])
    expect(new Set(answers)).toEqual(new Set(['in,out']))
    expect(orders.length).toBeGreaterThan(2)
  })

  it('gets by with operations that ask for a lock again and again', async () => {
    let owner: object | undefined
    const spinning: Program = async (step) => {
      const me = {}
      for (await step('try'); owner !== undefined; ) await step('try')
      owner = me
      await step('release')
      owner = undefined
      return 'done'
    }
    const { answers } = await explore([spinning, spinning], { most: 20 })
    expect(new Set(answers)).toEqual(new Set(['done']))
  })

  it('refuses operations whose calls depend on more than their order', async () => {
    let runs = 0
    const moody: Program = (step) => calls(`call ${runs++}`, 'end')(step)
    await expect(explore([moody, calls('b1', 'b2')])).rejects.toThrow(/^the replay of a differs: turn 1 was "call \d+"/)
  })
})

describe('Scheduler', () => {
  it('runs the order that letters name, and then each lane to its end', async () => {
    const { scheduler, start } = scheduled([calls('a1', 'a2'), calls('b1', 'b2')])
    expect(lettersOf((await scheduler.run(start(), followLetters('abb'))).turns)).toBe('abba')
  })

  it('takes an operation that waits for another one as not over before it is', async () => {
    const freed = Promise.withResolvers<void>()
    const waiting: Program = async (step) => {
      await step('lock')
      await freed.promise
      return 'had it'
    }
    const freeing: Program = async (step) => {
      await step('work')
      freed.resolve()
      await step('end')
      return 'done'
    }
    const { scheduler, start } = scheduled([waiting, freeing])
    const { turns, stalls, endedAfter } = await scheduler.run(start(), followLetters('abb'))
    expect(lettersOf(turns)).toBe('abb')
    expect(stalls).toBe(1)
    expect(endedAfter[0]).toBeGreaterThanOrEqual(lettersOf(turns).indexOf('b'))
  })

  it('holds what an operation leaves behind for after its answer until all have answered', async () => {
    const done: string[] = []
    const leaving: Program = async (step) => {
      await step('write')
      void step('clear').then(() => done.push('cleared'))
      return 'saved'
    }
    const other: Program = async (step) => {
      for (const name of ['b1', 'b2']) await step(name).then(() => done.push(name))
      return 'done'
    }
    const { scheduler, start } = scheduled([leaving, other])
    const { turns } = await scheduler.run(start(), followLetters('abb'))
    await new Promise(setImmediate)
    expect(lettersOf(turns)).toBe('abb')
    expect(done).toEqual(['b1', 'b2', 'cleared'])
  })

  it.each([
    ['waits', async (_: Step, freed: Promise<void>) => freed],
    [
      'asks again and again',
      async (step: Step, freed: Promise<void>) => {
        let isFree = false
        void freed.then(() => {
          isFree = true
        })
        while (!isFree) await step('try')
      },
    ],
  ])('lets it go on if somebody %s for it', async (_, wait) => {
    const freed = Promise.withResolvers<void>()
    const unlocking: Program = async (step) => {
      await step('write')
      void step('unlock').then(freed.resolve)
      return 'saved'
    }
    const locking: Program = async (step) => {
      await step('lock')
      await wait(step, freed.promise)
      return 'had it'
    }
    const { scheduler, start } = scheduled([unlocking, locking])
    const { answers } = await scheduler.run(start(), followLetters('ab'))
    expect(answers.map((answer) => answer.status === 'fulfilled' && answer.value)).toEqual(['saved', 'had it'])
  })

  it('gives back what was rejected', async () => {
    const { scheduler, start } = scheduled([calls('a1'), () => Promise.reject(new Error('down'))])
    const { answers } = await scheduler.run(start(), followLetters('ab'))
    expect(answers).toEqual([
      { status: 'fulfilled', value: 'a1' },
      { status: 'rejected', reason: new Error('down') },
    ])
  })
})

describe('a store whose calls cannot be replayed', () => {
  it('is an error, not a pass and not a failure', async () => {
    let calls = 0
    const subject = defineSubject({
      ...memory,
      name: 'moody',
      async open(options) {
        const store = await memory.open(options)
        return {
          ...store,
          async update(session, expected) {
            await options.step(`call ${calls++}`)
            await options.step('write')
            return store.update(session, expected)
          },
        }
      },
    })
    const { ok, results } = await runConformance(subject, { rules: ['STEP-002'] })
    const result = results.find(({ id }) => id === 'STEP-002')
    expect(result?.status).toBe('error')
    expect(result?.failure?.message).toContain('depends on more than the order of its calls')
    expect(ok).toBe(false)
  })
})

function scheduled(programs: readonly Program[]) {
  const scheduler = new Scheduler(programs.length)
  const start = () => programs.map((program, n) => () => program(scheduler.steps[n] ?? (async () => {})))
  return { scheduler, start }
}

async function explore(
  programs: readonly Program[],
  { before = () => {}, most = Number.POSITIVE_INFINITY }: { before?: () => void; most?: number } = {},
): Promise<Omit<Explored, 'orders'> & { orders: string[]; answers: string[] }> {
  const orders: string[] = []
  const answers: string[] = []
  const explored = await exploreOrders(
    async (choose) => {
      before()
      const { scheduler, start } = scheduled(programs)
      const schedule = await scheduler.run(start(), choose)
      orders.push(lettersOf(schedule.turns))
      for (const answer of schedule.answers) if (answer.status === 'fulfilled') answers.push(answer.value)
      return schedule
    },
    (done) => done < most,
  )
  expect(explored.orders).toBe(orders.length)
  return { ...explored, orders, answers }
}

function switches(order: string): number {
  return [...order].filter((letter, n) => n > 0 && letter !== order[n - 1]).length
}
