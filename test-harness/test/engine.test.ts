import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { manualClock } from '@leeway/core/testing'
import { describe, expect, it } from 'vitest'
import { ConformanceFailure } from '../src/engine/failure.ts'
import {
  defineSubject,
  formatReport,
  type Runner,
  register,
  rules,
  runConformance,
  type Subject,
} from '../src/index.ts'
import memory from '../subjects/memory.subject.ts'
import { checkRule } from './fixtures/check-rule.ts'

const METHODS = ['create', 'load', 'update', 'touch', 'destroy', 'sweep', 'close'] as const

/** Subjects of which one thing is missing, and what is to be told of each. */
const incomplete: readonly { readonly message: string; readonly subject: Subject }[] = [
  ...METHODS.map((method) => ({
    message: `the store has no ${method}(): see SessionStore in @leeway/core/adapter`,
    subject: lacking(method),
  })),
  {
    message: 'the store has no capabilities: see StoreCapabilities in @leeway/core/adapter',
    subject: lacking('capabilities'),
  },
  {
    message: 'the store has no create(): see SessionStore in @leeway/core/adapter',
    subject: { name: 'nothing', open: () => undefined as never },
  },
  {
    message: 'the subject has no open(): see Subject in @leeway/conformance',
    subject: { name: 'no open' } as Subject,
  },
]

describe('a rule', () => {
  it('that throws something of its own is an error, not a failure', async () => {
    const result = await checkRule(async () => {
      throw new TypeError('the kit is broken')
    })
    expect(result.status).toBe('error')
    expect(result.failure?.message).toBe('TypeError: the kit is broken')
  })

  it('whose promise was not kept is a failure with expected and actual value and the last calls', async () => {
    const result = await checkRule(async (ctx) => {
      const store = await ctx.open()
      await store.load(ctx.id())
      throw new ConformanceFailure('not kept', { expected: 1, actual: 'x' })
    })
    expect(result).toMatchObject({ status: 'fail', failure: { message: 'not kept', expected: '1', actual: "'x'" } })
    expect(result.failure?.trace).toEqual([expect.stringMatching(/^store1\.load\(.*\) → undefined$/)])
  })

  it('that hangs fails at the deadline and names the call without an answer', async () => {
    const result = await checkRule(async (ctx) => {
      const store = await ctx.open()
      void store.load(ctx.id())
      await new Promise(() => {})
    }, 20)
    expect(result.status).toBe('fail')
    expect(result.failure?.message).toContain('nothing was answered for 20 ms')
  })

  it('has its stores closed and its scratch directory removed', async () => {
    let scratch = ''
    let closed = 0
    const subject = defineSubject({
      name: 'watched',
      async open(options) {
        scratch = options.scratch
        const store = await memory.open(options)
        return { ...store, close: () => store.close().then(() => void closed++) }
      },
    })
    await checkRule(async (ctx) => void (await Promise.all([ctx.open(), ctx.open()])), 1_000, subject)
    expect(closed).toBe(3)
    expect(await readdir(tmpdir())).not.toContain(scratch.split('/').at(-1))
  })

  it('starts on a clock of its own', async () => {
    const start = manualClock().now()
    const seen: number[] = []
    for (let n = 0; n < 2; n++) {
      await checkRule(async (ctx) => {
        seen.push(ctx.clock.now())
        ctx.clock.advance(1_000)
      })
    }
    expect(seen).toEqual([start, start])
  })
})

describe('runConformance', () => {
  it('is not ok when nothing was run', async () => {
    const report = await runConformance(memory, { rules: [] })
    expect(report.ok).toBe(false)
    expect(report.results.every(({ status }) => status === 'not-run')).toBe(true)
    expect(report.tiers.some(({ isKept }) => isKept)).toBe(false)
  })

  it('is not ok when nothing but rules that do not apply was selected', async () => {
    const report = await runConformance(memory, { rules: ['CAP-004'] })
    expect(report.results.find(({ id }) => id === 'CAP-004')?.status).toBe('not-applicable')
    expect(report.ok).toBe(false)
  })

  it('does not count a waived rule as passed', async () => {
    const { results, tiers } = await runConformance(memory, { waive: { 'LIST-015': 'shards repeat' } })
    expect(results.find(({ id }) => id === 'LIST-015')).toMatchObject({ status: 'waived', reason: 'shards repeat' })
    const core = tiers.find(({ tier }) => tier === 'core')
    expect(core).toMatchObject({ isKept: false, waived: 1 })
    expect(core?.passed).toBe((core?.applicable ?? 0) - 1)
  })

  it.each(incomplete)('tells once, whatever rules there are: $message', async ({ message, subject }) => {
    const report = await runConformance(subject)
    expect(report.ok).toBe(false)
    const errors = report.results.filter(({ status }) => status === 'error')
    expect(errors.map(({ failure }) => failure?.message)).toEqual([expect.stringContaining(message)])
    expect(new Set(report.results.map(({ status }) => status))).toEqual(new Set(['error', 'not-run']))
  })

  it('closes what it opened of a store that lacks another method', async () => {
    let closed = 0
    const subject = lacking('load', () => closed++)
    await runConformance(subject)
    expect(closed).toBe(1)
  })

  it('runs the rules on a store whose close gives no promise', async () => {
    const subject = defineSubject({
      ...memory,
      name: 'empty close',
      open: async (options) => Object.assign({ ...(await memory.open(options)) }, { close: () => {} }) as never,
    })
    const report = await runConformance(subject, { rules: ['LOAD-001', 'CLOSE-002', 'CLOSE-003'] })
    const statusOf = (id: string) => report.results.find((result) => result.id === id)?.status
    expect([statusOf('LOAD-001'), statusOf('CLOSE-002'), statusOf('CLOSE-003')]).toEqual(['pass', 'fail', 'pass'])
  })

  it('reports a store that cannot be opened as errors, not as a rejection', async () => {
    const subject = defineSubject({ name: 'closed', open: () => Promise.reject(new Error('no such server')) })
    const report = await runConformance(subject, { rules: ['LOAD-001'] })
    expect(report.ok).toBe(false)
    const result = report.results.find(({ id }) => id === 'LOAD-001')
    expect(result).toMatchObject({ status: 'error', failure: { message: 'open: Error: no such server' } })
  })

  it('gives each result to onResult as it comes', async () => {
    const seen: string[] = []
    const report = await runConformance(memory, { rules: ['LOAD-001'], onResult: ({ id }) => seen.push(id) })
    expect(seen).toEqual(report.results.map(({ id }) => id))
  })

  it('refuses ids that are no rules, and waivers without a reason', async () => {
    await expect(runConformance(memory, { rules: ['LOAD-999'] })).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
    await expect(runConformance(memory, { waive: { 'LOAD-001': '' } })).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
    })
  })

  it('reports plain data', async () => {
    const report = await runConformance(memory, { rules: ['LOAD-001', 'ORDER-007'] })
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })
})

describe('formatReport', () => {
  it('ends with the verdict of each tier', async () => {
    const report = await runConformance(memory, { rules: ['LOAD-001'] })
    const core = rules.filter(({ tier }) => tier === 'core').length
    const last = formatReport(report).split('\n').at(-1)
    expect(last).toMatch(
      new RegExp(`^Core 1/${core} \\(${core - 1} not run\\) · Concurrent 0/\\d+ .* · Durable 0/2 .*$`),
    )
  })

  it('begins with the failures', async () => {
    const subject = defineSubject({
      ...memory,
      name: 'forgetful',
      open: async (options) => ({ ...(await memory.open(options)), create: async () => 'created' as const }),
    })
    const report = await runConformance(subject, { rules: ['CREATE-001'] })
    expect(formatReport(report)).toMatch(/^FAIL CREATE-001 \(MUST\) create stores/)
  })
})

describe('defineSubject', () => {
  it('refuses what is no subject', () => {
    const wrong = { name: '', open: () => Promise.reject(new Error('never called')) }
    expect(() => defineSubject(wrong)).toThrowError(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })
})

describe('register', () => {
  it('registers what is not run as skipped, with the reason in its title', async () => {
    const { run, skipped } = await registered({ rules: ['LOAD-001', 'CAP-004'], waive: { 'LOAD-002': 'known' } })
    expect(run).toEqual([expect.stringMatching(/^LOAD-001 /)])
    expect(skipped).toHaveLength(rules.length - 1)
    expect(skipped.find((title) => title.startsWith('LOAD-002'))).toMatch(/\[waived: known\]$/)
    expect(skipped.find((title) => title.startsWith('CAP-004'))).toMatch(/\[not-applicable: .*nothing survives\]$/)
    expect(skipped.find((title) => title.startsWith('LOAD-003'))).toMatch(/\[not-run: not selected\]$/)
  })

  it.each(incomplete)('registers one failing test: $message', async ({ message, subject }) => {
    const tests: (() => Promise<void>)[] = []
    const it = Object.assign((_: string, run: () => Promise<void>) => tests.push(run), { skip: () => {} })
    await register(subject, { describe: (_, define) => define(), it })
    expect(tests).toHaveLength(1)
    await expect(tests[0]?.()).rejects.toThrow(message)
  })

  it('registers a failing test when there is nothing to run', async () => {
    const { run } = await registered({ rules: [] })
    expect(run).toEqual(['runs at least one rule'])
  })
})

/** The memory store without one of its members. */
function lacking(member: (typeof METHODS)[number] | 'capabilities', onClose = () => {}): Subject {
  return defineSubject({
    ...memory,
    name: `no ${member}`,
    async open(options) {
      const store = await memory.open(options)
      const close = () => store.close().then(onClose)
      return Object.assign({ ...store, close }, { [member]: undefined })
    },
  })
}

async function registered(selection: Partial<Runner>): Promise<{ run: string[]; skipped: string[] }> {
  const run: string[] = []
  const skipped: string[] = []
  const skip = (title: string) => skipped.push(title)
  const runner = Object.assign((title: string) => run.push(title), { skip })
  await register(memory, { describe: (_, define) => define(), it: runner, ...selection })
  return { run, skipped }
}
