import type { RuleResult } from './report.ts'

/** Failures that say the same, such as those of all the rules that need an operation which rejects. */
export interface Cause {
  readonly first: RuleResult
  readonly others: readonly RuleResult[]
  /** The operation, if the store refuses it with `ERR_UNSUPPORTED`: nobody has written it yet. */
  readonly unwritten?: string
}

/** Failures grouped by the error of the store that ended them, in the order of the rules; any other stands alone. */
export function causesOf(failures: readonly RuleResult[]): Cause[] {
  const groups = Map.groupBy(failures, (failure) => thrownBy(failure) ?? failure.id)
  return [...groups].flatMap(([error, [first, ...others]]) => {
    const unwritten = /^ERR_UNSUPPORTED \((\w+)\)/.exec(error)?.[1]
    return first ? [{ first, others, ...(unwritten !== undefined && { unwritten }) }] : []
  })
}

/** The rejection that a failure tells of, as the kit writes it: `CODE (operation): message`, or `Name: message`. */
function thrownBy({ status, failure }: RuleResult): string | undefined {
  const told = (status === 'error' ? failure?.message : failure?.actual)?.replace(/^(['"`])(.*)\1$/s, '$2')
  if (told !== undefined && /^(?:ERR_[A-Z_]+ \([^)]*\)|\w*Error): /.test(told)) return told
  return / → (ERR_UNSUPPORTED .*)$/.exec(failure?.trace.at(-1) ?? '')?.[1]
}
