import { describe, expect, it } from 'vitest'
import { mutants } from '../mutants/index.ts'
import { type RuleResult, runConformance, type Subject } from '../src/index.ts'
import memory from '../subjects/memory.subject.ts'

const withCases = mutants.filter(({ rule }) => /^(ORDER|STEP)-/.test(rule))

describe('a replay', () => {
  it.each(withCases)('of $rule, $name: runs the one case again, which fails as it did', async ({ rule, subject }) => {
    const first = await resultOf(subject, rule)
    const { replay = '' } = first.failure ?? {}
    expect(replay).toMatch(new RegExp(`^${rule}:.+`))
    const again = await resultOf(subject, rule, replay)
    expect(again.failure).toMatchObject({ message: first.failure?.message, replay })
    expect(again.drawing).toEqual(first.drawing)
    expect(again.counts?.interleavings ?? again.counts?.schedules ?? 1).toBe(1)
  })

  it('passes on a store that keeps the rule', async () => {
    expect(await resultOf(memory, 'STEP-003', 'STEP-003:aba')).toMatchObject({ status: 'pass' })
    expect(await resultOf(memory, 'ORDER-007', 'ORDER-007:LCESGD-1')).toMatchObject({ status: 'pass' })
  })

  it.each([
    'CREATE-001:xyz',
    'STEP-003:abcc',
    'MODEL-001:12:0:99',
    'HISTORY-001:x',
    'STEP-003:xyz',
    'ORDER-007:LCSD-1',
    'ORDER-007:LCESGD',
    'ORDER-007:EGCDLS-1',
  ])('of %s, which is no case, is an error and no pass', async (replay) => {
    const { status, failure } = await resultOf(memory, replay.slice(0, replay.indexOf(':')), replay)
    expect(status).toBe('error')
    expect(failure?.message).toMatch(/has no case|is no seed of a case/)
  })

  it.each(['STEP-003', 'STEP-3:ab', 'step-003:ab', ''])('refuses %j, which is no replay id', async (replay) => {
    await expect(runConformance(memory, { replay })).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
  })
})

async function resultOf(subject: Subject, rule: string, replay?: string): Promise<RuleResult> {
  const { results } = await runConformance(subject, replay === undefined ? { rules: [rule] } : { replay })
  const result = results.find(({ id }) => id === rule)
  if (!result) throw new Error(`no result of ${rule}`)
  return result
}
