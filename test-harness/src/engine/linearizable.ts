import { Explanations } from './explanations.ts'

/** One call of one caller, from the moment it was made to the moment its answer was there. */
export interface Call<O> {
  /** Who called: one call after another within a lane. */
  readonly lane: number
  /** On one clock for all lanes, in any unit. */
  readonly start: number
  /** Undefined where there never was an answer: it may have happened at any time after its start, or never. */
  readonly end: number | undefined
  readonly operation: O
  readonly answer: string | undefined
}

/** What an object does when it is called by one caller at a time. */
export interface Specification<S, O> {
  readonly initial: S
  /** Equal for equal states and for no others. */
  keyOf(state: S): string
  /** Every answer that the operation may give in this state, with the state that it then leaves. */
  outcomes(state: S, operation: O): readonly (readonly [answer: string, next: S])[]
  /** Whether it may take effect any number of times while it is under way, or not at all: then its answer says nothing. */
  isRepeated?(operation: O): boolean
  /** What a state may turn into at any moment, without anybody's call. */
  decaysTo?(state: S): readonly S[]
}

/** A call whose answer, when it came, could no longer be explained. */
export interface Unexplained<O> {
  readonly call: Call<O>
  /** The answers that could have been, whatever they may be worth. */
  readonly possible: readonly string[]
}

interface Event<O> {
  readonly instant: number
  readonly isEnd: boolean
  readonly call: Call<O>
}

/**
 * Looks for an order of the calls, each at one instant between its start and its end, in which they could have given
 * these answers one after another. It keeps every explanation of what has ended so far, call by call, as in Lowe's
 * "Testing for linearizability" (2017); two that have led to the same state by the same calls are one.
 *
 * @param calls in any order
 * @param most explanations that are looked at, in all
 * @returns the first answer, as they came, that cannot be explained; undefined if all can be
 * @throws an `Error` of the kit's own where there are more explanations than that: it has then found out nothing
 */
export function findUnexplained<S, O>(
  calls: readonly Call<O>[],
  specification: Specification<S, O>,
  most?: number,
): Unexplained<O> | undefined {
  const explanations = new Explanations(specification, most)
  for (const { isEnd, call } of eventsOf(calls)) {
    if (!isEnd) explanations.begin(call)
    else {
      const possible = explanations.end(call)
      if (possible) return { call, possible }
    }
  }
  return undefined
}

/** What starts at the very instant at which something else ends may have come before it. */
function eventsOf<O>(calls: readonly Call<O>[]): Event<O>[] {
  const events = calls.flatMap((call): Event<O>[] => {
    const start = { instant: call.start, isEnd: false, call }
    return call.end === undefined ? [start] : [start, { instant: call.end, isEnd: true, call }]
  })
  return events.sort((a, b) => a.instant - b.instant || Number(a.isEnd) - Number(b.isEnd))
}
