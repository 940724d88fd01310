import { type Level, type Rule, TIERS, type Tier } from '../engine/rule.ts'
import type { Drawing } from './drawing.ts'
import { type GuaranteeVerdict, guaranteesOf } from './guarantees.ts'
import { levelOf } from './levels.ts'
import { subjectFile } from './replay-command.ts'

/** The version of the contract: raised when a store that kept it could break it unchanged. */
const CONTRACT = '1'

/** `error` is the kit's or the backend's fault. Only `pass` is a pass. */
export type Status = 'pass' | 'fail' | 'error' | 'not-applicable' | 'not-run' | 'waived'

export interface Failure {
  readonly message: string
  readonly expected?: string
  readonly actual?: string
  /** The last calls before the failure, oldest first. */
  readonly trace: readonly string[]
  /** Where to look in the store's own code: `update (src/my-store.ts:41): where store1.update stood while ...`. */
  readonly at?: readonly string[]
  /** The id that runs this one schedule, script or crash again. */
  readonly replay?: string
}

export interface RuleResult extends Pick<Rule, 'id' | 'level' | 'tier' | 'title' | 'why'> {
  readonly status: Status
  readonly ms: number
  /** Why the rule was not run. */
  readonly reason?: string
  readonly failure?: Failure
  /** What the rule counted: placements of an order, schedules. */
  readonly counts?: Readonly<Record<string, number>>
  /** What the rule checks or, if it failed, what happened. */
  readonly drawing?: Drawing
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
  /** The file that describes the subject, as one would type it where the run was made. Absent if the kit was not told. */
  readonly file?: string
  /** When the run began, as an ISO 8601 string in UTC. */
  readonly startedAt: string
  /** The version of the contract that was checked. */
  readonly contract: string
  /** What the random rules drew from. */
  readonly seed: number
  /** Something was run, nothing ended in an error, and no MUST failed. */
  readonly ok: boolean
  /** The highest tier that is kept with all those below it, as far as they apply. Absent if not even the first is. */
  readonly level?: Tier
  readonly tiers: readonly TierVerdict[]
  /** What the run has shown of each promise to the users of an application. */
  readonly guarantees: readonly GuaranteeVerdict[]
  /** What the rules have counted, in all. */
  readonly counts: Readonly<Record<string, number>>
  readonly results: readonly RuleResult[]
  readonly ms: number
}

/** What a report is made of. */
export interface RunFacts extends Pick<Report, 'subject' | 'seed' | 'results' | 'ms'> {
  /** Where the subject is the default export: a `file:` URL or a path. */
  readonly module?: string | undefined
}

export function reportOf({ subject, module, seed, results, ms }: RunFacts): Report {
  const tiers = TIERS.map((tier) => verdictOf(tier, results)).filter(({ tier }) => results.some((r) => r.tier === tier))
  const level = levelOf(tiers)
  const file = subjectFile(module)
  return {
    subject,
    ...(file !== undefined && { file }),
    startedAt: new Date(Date.now() - ms).toISOString(),
    contract: CONTRACT,
    seed,
    ok: results.some(wasRun) && !results.some(isFatal),
    ...(level !== undefined && { level }),
    tiers,
    guarantees: guaranteesOf(results),
    counts: sumOf(results),
    results,
    ms,
  }
}

function sumOf(results: readonly RuleResult[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { counts = {} } of results) {
    for (const [what, count] of Object.entries(counts)) sums[what] = (sums[what] ?? 0) + count
  }
  return sums
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
