import type { RuleResult } from './report.ts'

/** Failures that say the same, such as those of all the rules that need an operation which rejects. */
export interface Cause {
  readonly first: RuleResult
  readonly others: readonly RuleResult[]
}

/** Failures grouped by the error of the store that ended them, in the order of the rules; any other stands alone. */
export function causesOf(failures: readonly RuleResult[]): Cause[] {
  const groups = Map.groupBy(failures, (failure) => thrownBy(failure) ?? failure.id)
  return [...groups.values()].flatMap(([first, ...others]) => (first ? [{ first, others }] : []))
}

/** The rejection that a failure tells of, as the kit writes it: `CODE (operation): message`, or `Name: message`. */
function thrownBy({ status, failure }: RuleResult): string | undefined {
  const told = status === 'error' ? failure?.message : failure?.actual
  const text = told?.replace(/^'(.*)'$/s, '$1')
  return text !== undefined && /^(?:ERR_[A-Z_]+ \([^)]*\)|[A-Z]\w*Error): /.test(text) ? text : undefined
}
