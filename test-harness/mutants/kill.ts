import { type Failure, type Rule, rules, runConformance } from '../src/index.ts'
import type { Mutant } from './mutant.ts'

/** What became of a mutant. */
export interface Kill {
  readonly mutant: Mutant
  readonly rule: Rule | undefined
  /** What the rule said; undefined if the mutant survived. */
  readonly failure: Failure | undefined
  /** Why it did not die as it should; undefined if it did. */
  readonly complaint: string | undefined
}

/** A call that never answers is given up sooner than for users, and random rules draw the same in every run. */
const SETTINGS = { deadlineMs: 1_000, seed: 1 }

/** Runs the rule that a mutant names. The mutant should die of it, with the message that it names. */
export async function kill(mutant: Mutant): Promise<Kill> {
  const rule = rules.find(({ id }) => id === mutant.rule)
  if (!rule) return { mutant, rule, failure: undefined, complaint: `there is no rule ${mutant.rule}` }
  const { ok, results } = await runConformance(mutant.subject, { ...SETTINGS, rules: [rule.id] })
  const result = results.find(({ id }) => id === rule.id)
  const failure = result?.status === 'fail' ? result.failure : undefined
  return { mutant, rule, failure, complaint: complaintOf() }

  function complaintOf(): string | undefined {
    const { name } = mutant
    if (failure === undefined) return `${mutant.rule} does not catch "${name}": ${result?.status}`
    if (!failure.message.includes(mutant.message)) return `${mutant.rule} says of "${name}": ${failure.message}`
    if (ok !== (rule?.level === 'SHOULD')) return `the report on "${name}" says that it is ${ok ? 'ok' : 'not ok'}`
    return undefined
  }
}
