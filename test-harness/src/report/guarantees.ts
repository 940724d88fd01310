import type { Cause, Guarantee } from './guarantee.ts'
import { guarantees } from './guarantees-list.ts'
import type { RuleResult, Status } from './report.ts'

/** What a run has shown of a promise to the users of an application. */
export interface GuaranteeVerdict extends Pick<Guarantee, 'id' | 'name' | 'promise'> {
  /**
   * `kept`: every rule on which it rests has passed, or does not apply. `lost`: one was broken. `not-shown`: none was
   * broken, but some were not run, were waived or ended in an error, or too little applies.
   */
  readonly status: 'kept' | 'lost' | 'not-shown'
  /** The rules that decided: those that passed, that failed, or that are missing. */
  readonly rules: readonly string[]
  /** What to tell users, as it may stand in a README: for what is lost, what it means and why. */
  readonly text: string
}

/** What a run has shown of each promise, from the results of its rules. */
export function guaranteesOf(results: readonly RuleResult[]): GuaranteeVerdict[] {
  return guarantees.map((guarantee) => ({
    id: guarantee.id,
    name: guarantee.name,
    promise: guarantee.promise,
    ...judge(guarantee, results),
  }))
}

/** The guarantees that rest on a rule. */
export function guaranteesOfRule(id: string): readonly Guarantee[] {
  return guarantees.filter(({ causes }) => causes.some((cause) => isOf(cause, id)))
}

type Judgement = Pick<GuaranteeVerdict, 'status' | 'rules' | 'text'>

function judge(guarantee: Guarantee, results: readonly RuleResult[]): Judgement {
  const { promise, causes, shownBy = [], clouds = [] } = guarantee
  const own = results.filter(({ id }) => causes.some((cause) => isOf(cause, id)))
  const broken = own.filter(({ status }) => status === 'fail')
  if (broken.some(({ level }) => level === 'MUST')) {
    return { status: 'lost', rules: idsOf(broken), text: sentences(guarantee, broken) }
  }
  const doubts = results.filter(({ id, status }) => status === 'fail' && isAmong(clouds, id))
  const missing = own
    .filter(({ id, status }) => unshown.includes(status) || (shownBy.includes(id) && status === 'not-applicable'))
    .concat(doubts)
  const passed = own.filter(({ status }) => status === 'pass')
  if (missing.length > 0 || passed.length === 0) {
    const without = missing.length > 0 ? missing : own
    return { status: 'not-shown', rules: idsOf(without), text: `${promise} This was not shown: ${causesOf(without)}.` }
  }
  const but = broken.length > 0 ? ` But: ${sentences(guarantee, broken)}` : ''
  return { status: 'kept', rules: idsOf(passed), text: `${promise}${but}` }
}

const unshown: readonly Status[] = ['not-run', 'waived', 'error']

/** What is lost and why: a sentence for each loss, in the order of the list. A rule is told once. */
function sentences({ loss, causes }: Guarantee, broken: readonly RuleResult[]): string {
  const shown = Map.groupBy(broken, ({ id }) => causes.find((cause) => isOf(cause, id)))
  const found = causes.filter((cause) => shown.has(cause))
  const byLoss = Map.groupBy(found, (cause) => cause.loss ?? loss)
  return [...byLoss]
    .map(([meaning, group]) => {
      const reasons = group.map((cause) => `${cause.because} (${briefly(idsOf(shown.get(cause) ?? []))})`)
      return `${meaning}, because ${joined(reasons)}.`
    })
    .join(' ')
}

/** Why rules say nothing, in the words of their results. */
function causesOf(missing: readonly RuleResult[]): string {
  const groups = Map.groupBy(missing, ({ status, reason }) => reason ?? unshownWords[status] ?? status)
  return [...groups].map(([reason, group]) => `${reason} (${briefly(idsOf(group))})`).join('; ')
}

const unshownWords: Partial<Record<Status, string>> = {
  error: 'ended in an error',
  fail: 'calls at once are not answered as if one after another',
}

function isOf({ rules }: Cause, id: string): boolean {
  return isAmong(rules, id)
}

function isAmong(rules: readonly string[], id: string): boolean {
  return rules.includes(id) || rules.includes(id.split('-')[0] ?? id)
}

function idsOf(results: readonly RuleResult[]): string[] {
  return results.map(({ id }) => id)
}

function joined(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')}, and ${parts.at(-1)}`
}

/** Runs of ids as a range: `ORDER-001 to ORDER-010`. */
function briefly(ids: readonly string[]): string {
  const runs: string[][] = []
  for (const id of ids) {
    const last = runs.at(-1)
    if (last && follows(last.at(-1) ?? '', id)) last.push(id)
    else runs.push([id])
  }
  return runs.map((run) => (run.length < 3 ? run.join(', ') : `${run[0]} to ${run.at(-1)}`)).join(', ')
}

function follows(one: string, next: string): boolean {
  const [concept, n] = one.split('-')
  return next === `${concept}-${String(Number(n) + 1).padStart(3, '0')}`
}
