import { describe, expect, it } from 'vitest'
import { defineSubject, type Runner, register, runConformance } from '../src/index.ts'
import memory from '../subjects/memory.subject.ts'

const never = new Promise<never>(() => {})

describe('a store that never opens', () => {
  const subject = defineSubject({ ...memory, name: 'never', open: () => never })

  it('is one error after the deadline, and nothing else is run', async () => {
    const { results } = await runConformance(subject, { deadlineMs: 50 })
    expect(results.filter(({ status }) => status === 'error')).toHaveLength(1)
    expect(results[0]?.failure?.message).toBe('open: Error: nothing was answered for 50 ms')
    expect(new Set(results.slice(1).map(({ status }) => status))).toEqual(new Set(['not-run']))
  })

  it('is a failing test of a runner', async () => {
    const failures: unknown[] = []
    const tests: Promise<void>[] = []
    const it = Object.assign(
      (_: string, run: () => Promise<void>) => void tests.push(run().catch((error) => void failures.push(error))),
      { skip: () => {} },
    )
    await register(subject, { describe: (_, define) => define(), it, deadlineMs: 50 } satisfies Runner)
    await Promise.all(tests)
    expect(failures).toEqual([new Error('nothing was answered for 50 ms')])
  })

  it('can be interrupted', async () => {
    const ending = new AbortController()
    const running = runConformance(subject, { signal: ending.signal, deadlineMs: 60_000 })
    ending.abort()
    const { results } = await running
    expect(new Set(results.map(({ reason }) => reason))).toEqual(new Set(['interrupted']))
  })
})

it('a store of which a call never answers has failed those rules, and is soon done with', async () => {
  const subject = defineSubject({
    ...memory,
    name: 'silent',
    open: async (options) => ({ ...(await memory.open(options)), load: () => never }),
  })
  const rules = ['LOAD-001', 'LOAD-002', 'LOAD-003', 'LOAD-004', 'LOAD-005']
  const { results } = await runConformance(subject, { rules, deadlineMs: 100 })
  const told = results.filter(({ id }) => rules.includes(id)).map(({ status, failure }) => [status, failure?.message])
  const nothingFor = (ms: number) => ['fail', `nothing was answered for ${ms} ms: a call never answers`]
  expect(told.at(0)).toEqual(nothingFor(100))
  expect(told.at(-1)).toEqual(nothingFor(10))
  expect(told).toHaveLength(rules.length)
})

it.each([
  [
    'contains itself',
    () => {
      const answer: Record<string, unknown> = { status: 'destroyed' }
      answer.self = answer
      return answer
    },
  ],
  [
    'cannot be read',
    () => ({
      get status() {
        throw new Error('not now')
      },
    }),
  ],
])('an answer that %s fails the rules that ask for it, and the run goes on', async (_, answer) => {
  const subject = defineSubject({
    ...memory,
    name: 'odd',
    open: async (options) => ({ ...(await memory.open(options)), destroy: async () => answer() as never }),
  })
  const { results, ok } = await runConformance(subject, { rules: ['DESTROY-001', 'LOAD-001'] })
  const statusOf = (wanted: string) => results.find(({ id }) => id === wanted)?.status
  expect([ok, statusOf('DESTROY-001'), statusOf('LOAD-001')]).toEqual([false, 'fail', 'pass'])
})

it('what cannot be discarded is an error of the rules that would have passed, and hides no failure', async () => {
  const subject = defineSubject({
    ...memory,
    name: 'clings',
    open: async (options) => ({ ...(await memory.open(options)), load: async () => undefined }),
    discard: () => Promise.reject(new Error('DROP TABLE refused')),
  })
  const { results } = await runConformance(subject, { rules: ['CREATE-001', 'LOAD-001'] })
  const told = results.filter(({ status }) => status !== 'not-run').map(({ id, status }) => [id, status])
  expect(told).toEqual([
    ['CREATE-001', 'fail'],
    ['LOAD-001', 'error'],
  ])
  const messages = results.map(({ failure }) => failure?.message)
  expect(messages).toContain('discard: Error: DROP TABLE refused')
})

it('a soak of a store that answers at once can be interrupted', async () => {
  const ending = new AbortController()
  setTimeout(() => ending.abort(), 100)
  const started = performance.now()
  await runConformance(memory, { rules: ['MODEL-001'], soakMinutes: 1, signal: ending.signal })
  expect(performance.now() - started).toBeLessThan(10_000)
})

it.each<[string, () => unknown]>([
  ['defineSubject', () => defineSubject({ ...memory, corupt: () => {} } as never)],
  ['runConformance', () => runConformance(memory, { sed: 1 } as never)],
])('%s refuses a name that it does not know', async (_, call) => {
  await expect((async () => call())()).rejects.toMatchObject({
    code: 'ERR_INVALID_OPTION',
    message: expect.stringMatching(/^unknown option \w+; there are /),
  })
})
