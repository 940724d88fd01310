import { type Call, findUnexplained, type Specification } from './linearizable.ts'

/** So many explanations are looked at for each answer that may turn out not to be needed. If there are more, it stays. */
const MOST_EXPLANATIONS = 10_000

/** The part of a history that is enough to show that the promise was not kept. */
export interface Counterexample<O> {
  /** Calls whose answers cannot all be true, whatever the others were answered. In the order of their starts. */
  readonly calls: readonly Call<O>[]
  /** The call of these whose answer, when it came, could not be explained any more. */
  readonly fault: Call<O>
  /** The answers to it that could have been explained. */
  readonly possible: readonly string[]
  /** How many calls were left out. They may have happened at any time after their start, or never: it does not help. */
  readonly leftOut: number
}

/**
 * Shrinks a history that cannot be explained. No answer is ever taken for another, and no call for one that was not made:
 * first everything after the fault goes, then every answer that is not needed is taken for unknown. What is left out had
 * every chance to explain the rest.
 *
 * @returns undefined if the history can be explained
 * @throws an `Error` of the kit's own where that cannot be found out
 */
export function shrinkHistory<S, O>(
  calls: readonly Call<O>[],
  specification: Specification<S, O>,
): Counterexample<O> | undefined {
  const found = findUnexplained(calls, specification)
  if (!found) return undefined
  let history = shortestPrefix(calls, found.call, specification)
  for (const call of history) {
    if (call.end === undefined) continue
    const claimingLess = history.map((other) => (other === call ? withoutAnswer(other) : other))
    if (isUnexplained(claimingLess, specification)) history = claimingLess
  }
  const { call: fault, possible } = findUnexplained(history, specification) ?? found
  const needed = history.filter(({ end }) => end !== undefined).sort((a, b) => a.start - b.start)
  return { calls: needed, fault, possible, leftOut: calls.length - needed.length }
}

/** What had happened by the first answer with which it cannot be explained. Calls under way then are without answer. */
function shortestPrefix<S, O>(
  calls: readonly Call<O>[],
  fault: Call<O>,
  specification: Specification<S, O>,
): readonly Call<O>[] {
  const ends = calls.flatMap(({ end = 0 }) => (end >= (fault.end ?? 0) ? [end] : [])).sort((a, b) => a - b)
  for (const until of ends) {
    const prefix = prefixOf(calls, until)
    if (isUnexplained(prefix, specification)) return prefix
  }
  return calls
}

function prefixOf<O>(calls: readonly Call<O>[], until: number): Call<O>[] {
  return calls
    .filter(({ start }) => start <= until)
    .map((call) => (call.end !== undefined && call.end > until ? withoutAnswer(call) : call))
}

function withoutAnswer<O>(call: Call<O>): Call<O> {
  return { ...call, end: undefined, answer: undefined }
}

/** False also where there are too many explanations to know. */
function isUnexplained<S, O>(calls: readonly Call<O>[], specification: Specification<S, O>): boolean {
  try {
    return findUnexplained(calls, specification, MOST_EXPLANATIONS) !== undefined
  } catch {
    return false
  }
}
