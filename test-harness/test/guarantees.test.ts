import { describe, expect, it } from 'vitest'
import { type RuleResult, rules, runConformance } from '../src/index.ts'
import { guaranteesOf, guaranteesOfRule } from '../src/report/guarantees.ts'
import { formatGuarantees, formatLosses } from '../src/report/guarantees-format.ts'
import { guarantees } from '../src/report/guarantees-list.ts'
import stepped from '../subjects/stepped.subject.ts'

describe('the list of guarantees', () => {
  it.each(rules)('says what users lose where $id is broken', ({ id }) => {
    expect(guaranteesOfRule(id).map(({ id }) => id)).not.toEqual([])
  })

  it('names no rule and no concept that does not exist', () => {
    const known = new Set(rules.flatMap(({ id }) => [id, id.split('-')[0]]))
    const named = guarantees.flatMap(({ causes, shownBy = [] }) => [
      ...causes.flatMap(({ rules }) => rules),
      ...shownBy,
    ])
    expect(named.filter((name) => !known.has(name))).toEqual([])
  })

  it('has the six of the core first', () => {
    expect(guarantees.map(({ id }) => id).slice(0, 6)).toEqual(['G1', 'G2', 'G3', 'G4', 'G5', 'G6'])
  })
})

describe('guaranteesOf', () => {
  it('calls a guarantee kept when all of its rules have passed', () => {
    const verdicts = guaranteesOf(resultsWith({}))
    expect(verdicts.filter(({ status }) => status !== 'kept').map(({ id }) => id)).toEqual([])
    expect(formatLosses(verdicts)).toBe('')
  })

  it('calls it lost when one of its MUSTs is broken, and says what that means, why, and by which rules', () => {
    const verdicts = guaranteesOf(resultsWith({ 'UPDATE-003': 'fail', 'RACE-005': 'fail', 'RACE-006': 'fail' }))
    expect(lost(verdicts)).toEqual(['G2'])
    expect(verdicts.find(({ id }) => id === 'G2')).toMatchObject({
      rules: ['UPDATE-003', 'RACE-005', 'RACE-006'],
      text:
        'A user who has logged out, or was logged out by an administrator, can be logged in again, because saving or ' +
        'renewing a session that is no longer there creates it again (UPDATE-003), and a request that is under way ' +
        'during the logout can write the session back (RACE-005, RACE-006).',
    })
  })

  it('writes many rules of one concept as a range', () => {
    const failing = Object.fromEntries(rules.filter(({ id }) => id.startsWith('ORDER')).map(({ id }) => [id, 'fail']))
    const [first] = guaranteesOf(resultsWith(failing as Record<string, 'fail'>))
    expect(first?.text).toContain('(ORDER-001 to ORDER-010)')
  })

  it('keeps a guarantee of which only a SHOULD is broken, and says so', () => {
    const listed = guaranteesOf(resultsWith({ 'LIST-015': 'fail' })).find(({ id }) => id === 'listed')
    expect(listed).toMatchObject({ status: 'kept', text: expect.stringContaining('But: ') })
    expect(listed?.text).toContain('(LIST-015)')
  })

  it.each(['not-run', 'waived', 'error'] as const)('does not call it shown when one of its rules is %s', (status) => {
    const verdicts = guaranteesOf(resultsWith({ 'RACE-005': status }))
    expect(verdicts.filter((verdict) => verdict.status === 'not-shown').map(({ id }) => id)).toEqual(['G2'])
    expect(verdicts.find(({ id }) => id === 'G2')?.rules).toEqual(['RACE-005'])
  })

  it('does not call it shown when nothing of it applies, or not what shows it', () => {
    const crash = ['CAP-004', 'CAP-005', ...rules.flatMap(({ id }) => (id.startsWith('CRASH') ? [id] : []))]
    const without = Object.fromEntries([...crash, 'ERROR-008'].map((id) => [id, 'not-applicable' as const]))
    const shown = guaranteesOf(resultsWith(without))
    expect(shown.filter(({ status }) => status === 'not-shown').map(({ id }) => id)).toEqual(['G6', 'told'])
  })

  it('finds on the stores that keep every rule nothing lost', async () => {
    const { results } = await runConformance(stepped)
    expect(lost(guaranteesOf(results))).toEqual([])
  }, 120_000)

  it.each(rules)('finds lost or weakened what rests on $id', ({ id, level }) => {
    const verdicts = guaranteesOf(resultsWith({ [id]: 'fail' }))
    const resting = guaranteesOfRule(id).map((guarantee) => guarantee.id)
    expect(lost(verdicts)).toEqual(level === 'MUST' ? resting : [])
    const told = verdicts.filter(({ text, status }) => status !== 'not-shown' && text.includes(`(${id})`))
    expect(told.map((verdict) => verdict.id)).toEqual(resting)
  })

  it('calls nothing shown that a history without an explanation may have broken', () => {
    const verdicts = guaranteesOf(resultsWith({ 'HISTORY-003': 'fail' }))
    const doubtful = verdicts.filter(({ status }) => status === 'not-shown')
    expect(doubtful.map(({ id }) => id)).toEqual(['G1', 'G2', 'G3', 'G5', 'G6'])
    expect(doubtful[0]?.text).toMatch(
      /not shown: calls at once are not answered as if one after another \(HISTORY-003\)/,
    )
  })
})

describe('formatGuarantees', () => {
  it('begins with what is lost and ends with what is kept', () => {
    const verdicts = guaranteesOf(resultsWith({ 'STEP-002': 'fail', 'SPACE-001': 'not-run' }))
    const lines = formatGuarantees(verdicts).split('\n')
    expect(lines).toHaveLength(guarantees.length)
    expect(lines.map((line) => /^- (Broken|Not shown|Kept): \*\*/.exec(line)?.[1])).toEqual([
      ...['Broken', 'Broken', 'Not shown'],
      ...guarantees.slice(3).map(() => 'Kept'),
    ])
  })
})

describe('formatLosses', () => {
  it('tells what is lost, in lines of a terminal, and names the rest', () => {
    const text = formatLosses(guaranteesOf(resultsWith({ 'STEP-003': 'fail', 'SPACE-001': 'not-run' })))
    const lines = text.split('\n')
    expect(lines[0]).toBe('What users lose on this store:')
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(110)
    expect(text.replaceAll('\n    ', ' ')).toMatch(
      /\n {2}never resurrected: A user who .* \(STEP-003\)\.\n {2}Kept: never lost, .*\. Not shown: kept apart\.$/,
    )
  })

  it('does not name what was not asked for', () => {
    const others = Object.fromEntries(rules.map(({ id }) => [id, 'not-run' as const]))
    expect(formatLosses(guaranteesOf(resultsWith({ ...others, 'UPDATE-009': 'fail' })))).not.toMatch(/Kept|Not shown/)
  })
})

function resultsWith(statuses: Record<string, RuleResult['status']>): RuleResult[] {
  return rules.map(({ id, level, tier, title, why }) => {
    const status = statuses[id] ?? 'pass'
    return { id, level, tier, title, why, status, ms: 0, ...(status === 'not-run' && { reason: 'not selected' }) }
  })
}

function lost(verdicts: ReturnType<typeof guaranteesOf>): string[] {
  return verdicts.filter(({ status }) => status === 'lost').map(({ id }) => id)
}
