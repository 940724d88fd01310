import { describe, expect, it } from 'vitest'
import { describeRule } from '../src/engine/run-rule.ts'
import { type Drawing, formatReport, type RuleResult, rules, runConformance, toBadge } from '../src/index.ts'
import { levelOf, missingFor } from '../src/report/levels.ts'
import { type Report, reportOf, type Status } from '../src/report/report.ts'
import { drawText } from '../src/report/text-drawing.ts'
import starter from '../starter/my-store.subject.ts'
import memory from '../subjects/memory.subject.ts'
import { brokenReport, brokenSubject, hostileReport, keptReport, unopenedReport } from './fixtures/sample-reports.ts'

const unavailable = { status: 'not-run', reason: 'needs child processes: give the subject `module: import.meta.url`' }
const inapplicable = { status: 'not-applicable', reason: 'the store declares that nothing survives' }

describe('the level', () => {
  it('is the highest that is kept together with all those below it', () => {
    expect(tiered({}).level).toBe('crash-safe')
    expect(tiered({ durable: { status: 'fail' } }).level).toBe('concurrent')
    expect(tiered({ core: { status: 'fail' } }).level).toBeUndefined()
    expect(tiered({ durable: unavailable }).level).toBe('concurrent')
  })

  it('is not kept from a store by a tier of which nothing applies to it, nor given for such a tier', () => {
    expect(tiered({ durable: inapplicable }).level).toBe('crash-safe')
    expect(tiered({ durable: inapplicable, 'crash-safe': inapplicable }).level).toBe('concurrent')
    expect(levelOf([])).toBeUndefined()
  })

  it('that is required is missed for want of each tier up to it that is not kept', () => {
    const { tiers } = tiered({
      core: { status: 'waived', reason: 'known' },
      durable: inapplicable,
      'crash-safe': unavailable,
    })
    expect(missingFor('core', tiers)).toEqual(['core'])
    expect(missingFor('durable', tiers)).toEqual(['core'])
    expect(missingFor('crash-safe', tiers)).toEqual(['core', 'crash-safe'])
    expect(missingFor('concurrent', [])).toEqual(['core', 'concurrent'])
  })
})

describe('the badge', () => {
  it.each([
    ['the level that is kept', 'leeway 1: crash-safe', tiered({})],
    ['a broken promise, whatever the level', 'leeway 1: not conforming', tiered({ durable: { status: 'fail' } })],
    ['an error', 'leeway 1: no verdict', tiered({ core: { status: 'error' } })],
    ['that no level is reached', 'leeway 1: no level', tiered({ core: unavailable })],
  ])('tells %s', (_, name, report) => {
    const badge = toBadge(report)
    expect(badge).toContain(`aria-label="${name}"`)
    expect(badge.length).toBeLessThan(1_000)
  })
})

describe('the text', () => {
  it('begins with the failures, of which five are told in full and the others in a line each', async () => {
    const report = await brokenReport()
    const text = formatReport(report)
    const failures = report.results.filter(({ status }) => status === 'fail')
    expect(failures.length).toBeGreaterThan(6)
    expect(text).toMatch(new RegExp(`^FAIL ${failures[0]?.id} \\(MUST\\) `))
    expect(text.match(/^ {2}why: /gm)).toHaveLength(5)
    for (const { id } of failures) expect(text).toMatch(new RegExp(`^FAIL ${id} `, 'm'))
  })

  it('gives the command that runs a failure again', async () => {
    const text = formatReport(await runConformance(brokenSubject, { rules: ['ORDER-007'], seed: 11 }))
    expect(text).toMatch(
      /^ {2}replay: npx @leeway\/conformance replay '?ORDER-007\S* \S*check-then-delete.subject.ts --seed 11$/m,
    )
    expect(formatReport(await hostileReport())).toContain(`replay 'TEST-001:a'\\''b' <subject> --seed 7`)
  })

  it('tells the verdict, what was counted, and each tier in its last lines', () => {
    const report = tiered({
      core: { status: 'waived', reason: 'known' },
      'crash-safe': unavailable,
      durable: inapplicable,
    })
    const [verdict, counts, tiers] = formatReport(report).split('\n').slice(-3)
    expect(verdict).toBe('tiered: leeway 1 | no level · 1 passed, 1 waived, 1 not applicable, 1 not run · 0.3 s')
    expect(counts).toBe('1,204 schedules · each operation one step, as none calls `step` · seed 7')
    expect(tiers).toBe(
      'Core 0/1 (1 waived) · Concurrent 1/1 · Durable not applicable · Crash-safe 0/1 (not run: needs child processes)',
    )
  })

  it('tells the level that is reached', async () => {
    expect(formatReport(await keptReport())).toMatch(
      /^memory: leeway 1 \| concurrent · \d+ passed, \d+ not applicable · /m,
    )
  })

  it('tells an error of the backend once, with the rules that it has ended', async () => {
    const subject = { ...memory, name: 'down', open: async () => ({ ...(await memory.open(opened())), create: down }) }
    const text = formatReport(await runConformance(subject, { rules: ['CREATE-001', 'CREATE-002', 'LOAD-003'] }))
    expect(text.match(/^FAIL|^ERROR/gm)).toHaveLength(1)
    expect(text).toContain('The same in 2 more rules: CREATE-002, LOAD-003')
  })

  it('says of a store that is still being written what to write next, and the rule that needs it', async () => {
    const text = formatReport(await runConformance(starter))
    expect(text.split('\n').slice(0, 3)).toEqual([
      'NOT WRITTEN YET: create, load, update, touch, destroy, sweep, list',
      expect.stringMatching(/^ {2}\d+ rules stop there\. Write create next\. The first rule that needs it:$/),
      expect.stringMatching(/^ {2}CREATE-001 /),
    ])
    expect(text.split('\n').length).toBeLessThan(20)
  })

  it('has no character in it that a terminal would obey', async () => {
    const text = formatReport(await hostileReport())
    expect(text).toContain('\\x1b[31m')
    expect([...text].filter((c) => c < ' ' && c !== '\n')).toEqual([])
  })

  it('is coloured only if that is asked for', async () => {
    const report = await unopenedReport()
    const esc = String.fromCharCode(27)
    expect(formatReport(report)).not.toContain(esc)
    expect(formatReport(report, { colors: true })).toContain(`${esc}[31m`)
  })
})

describe('a drawing as text', () => {
  const drawing: Drawing = {
    lanes: ['request', 'cleanup', 'other'],
    marks: [
      { lane: 0, from: 0, to: 0, label: 'load' },
      { lane: 1, from: 1, to: 1, label: 'check' },
      { lane: 0, from: 2, to: 3, label: 'save', answer: 'saved' },
      { lane: 2, from: 0, to: 4, label: 'sweep' },
      { lane: 1, from: 4, to: 4, label: 'delete', isFault: true },
    ],
  }

  it('has a line a lane, and in it the marks where they belong', () => {
    expect(drawText(drawing)).toEqual([
      'request  load         save → saved',
      'cleanup        check                delete ✗',
      'other    sweep──────────────────────────────',
    ])
  })

  it('has a line a mark where the lanes would be too long', () => {
    const marks = Array.from({ length: 30 }, (_, n) => ({ lane: n % 2, from: 30 - n, to: 30 - n, label: `call ${n}` }))
    expect(drawText({ ...drawing, marks }).slice(0, 2)).toEqual(['cleanup  call 29', 'request  call 28'])
  })
})

/** A report with one rule of each tier, passed unless something else is said of it. */
function tiered(others: Record<string, Record<string, string>>): Report {
  const results = ['core', 'concurrent', 'durable', 'crash-safe'].map((tier): RuleResult => {
    const [rule] = rules
    if (!rule) throw new Error('there are no rules')
    const status: Status = 'pass'
    return { ...describeRule(rule), status, ms: 1, ...others[tier], tier } as RuleResult
  })
  return { ...reportOf({ subject: 'tiered', seed: 7, results, ms: 300 }), counts: { schedules: 1_204 } }
}

async function down(): Promise<never> {
  throw new Error('connect ECONNREFUSED 127.0.0.1:1')
}

function opened() {
  return {
    scratch: '/',
    namespace: 'a',
    clock: { now: () => 0 },
    step: async () => {},
    maxPayloadBytes: 1_000,
  } as never
}
