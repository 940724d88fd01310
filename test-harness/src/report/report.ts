import { type Level, type Rule, TIERS, type Tier } from '../engine/rule.ts'

/** `error` is the kit's or the backend's fault. Only `pass` is a pass. */
export type Status = 'pass' | 'fail' | 'error' | 'not-applicable' | 'not-run' | 'waived'

export interface Failure {
  readonly message: string
  readonly expected?: string
  readonly actual?: string
  /** The last calls before the failure, oldest first. */
  readonly trace: readonly string[]
}

export interface RuleResult extends Pick<Rule, 'id' | 'level' | 'tier' | 'title' | 'why'> {
  readonly status: Status
  readonly ms: number
  /** Why the rule was not run. */
  readonly reason?: string
  readonly failure?: Failure
  /** What the rule counted: placements of an order, schedules. */
  readonly counts?: Readonly<Record<string, number>>
}

/** A store keeps a tier when it passes all the tier's rules that apply to it. */
export interface TierVerdict {
  readonly tier: Tier
  readonly isKept: boolean
  readonly passed: number
  /** Rules of the tier without those that do not apply. */
  readonly applicable: number
  readonly waived: number
  readonly notRun: number
}

/** The outcome of a run, as plain data. */
export interface Report {
  readonly subject: string
  /** Something was run, nothing ended in an error, and no MUST failed. */
  readonly ok: boolean
  readonly tiers: readonly TierVerdict[]
  readonly results: readonly RuleResult[]
  readonly ms: number
}

export function reportOf(subject: string, results: readonly RuleResult[], ms: number): Report {
  return {
    subject,
    ok: results.some(wasRun) && !results.some(isFatal),
    tiers: TIERS.map((tier) => verdictOf(tier, results)).filter(({ tier }) => results.some((r) => r.tier === tier)),
    results,
    ms,
  }
}

function verdictOf(tier: Tier, all: readonly RuleResult[]): TierVerdict {
  const applicable = all.filter((result) => result.tier === tier && result.status !== 'not-applicable')
  const count = (status: Status): number => applicable.filter((result) => result.status === status).length
  const passed = count('pass')
  return {
    tier,
    isKept: passed > 0 && passed === applicable.length,
    passed,
    applicable: applicable.length,
    waived: count('waived'),
    notRun: count('not-run'),
  }
}

function wasRun({ status }: RuleResult): boolean {
  return status === 'pass' || status === 'fail' || status === 'error'
}

function isFatal({ status, level }: { status: Status; level: Level }): boolean {
  return status === 'error' || (status === 'fail' && level === 'MUST')
}
