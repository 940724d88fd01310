import type { SessionStore } from '@leeway/core/adapter'
import { ProcessEnded } from '../../engine/child-process.ts'
import { describeError } from '../../engine/expect.ts'
import { ConformanceFailure } from '../../engine/failure.ts'
import type { Call } from '../../engine/linearizable.ts'
import { at } from '../handles.ts'
import { type Operation, perform } from '../operations.ts'
import { Caller, type PlannedCall, type Script } from './script.ts'

/** A call whose answer may still be to come. */
type Recorded = { -readonly [Key in keyof Call<Operation>]: Call<Operation>[Key] }

/** An answer, and when its call began and ended where that was measured nearer to the store. */
interface Performed {
  readonly answer: string
  readonly span?: readonly [start: number, end: number]
}

/** Where the calls of a lane are made. */
export type Perform = (operation: Operation) => Promise<Performed>

/** Who called what when, and what was answered when. */
export class History {
  readonly #calls: Recorded[] = []
  readonly #case: string
  readonly #instant: () => number

  /** @param instant reads the clock that orders the calls; by default it counts what happens, one after another */
  constructor(name: string, instant: () => number = counter()) {
    this.#case = name
    this.#instant = instant
  }

  get calls(): readonly Call<Operation>[] {
    return this.#calls
  }

  /**
   * Makes the call and writes it down. No call of a history may reject; only of a process that has ended none is known
   * to have been answered.
   */
  async call(perform: Perform, lane: number, operation: Operation): Promise<string> {
    const call: Recorded = { lane, start: this.#instant(), end: undefined, operation, answer: undefined }
    this.#calls.push(call)
    const { answer, span } = await perform(operation).catch((error: unknown) => {
      if (error instanceof ProcessEnded) throw error
      const told = error instanceof ConformanceFailure
      const message = told ? error.message : `${operation.kind}: the call rejected`
      const actual = told ? error.actual : describeError(error)
      throw new ConformanceFailure(message, { actual, case: this.#case })
    })
    Object.assign(call, { start: span?.[0] ?? call.start, end: span?.[1] ?? this.#instant(), answer })
    return answer
  }
}

/** Calls are made on a handle of this process. */
export function on(store: SessionStore): Perform {
  return async (operation) => ({ answer: await perform(store, operation) })
}

/**
 * Does what is planned for one lane.
 *
 * @param before called before each call
 * @param planned if it is not what the script says
 */
export async function runLane(
  history: History,
  perform: Perform,
  { script, lane, start }: { readonly script: Script; readonly lane: number; readonly start: number },
  before: (planned: PlannedCall) => Promise<void>,
  planned: readonly PlannedCall[] = at(script.lanes, lane),
): Promise<void> {
  const caller = new Caller(script, lane, start)
  for (const call of planned) {
    await before(call)
    const operation = caller.next(call)
    caller.learn(operation, await history.call(perform, lane, operation))
  }
}

/** Loads every record in every place, when all lanes are over. */
export async function loadAll(history: History, places: readonly Perform[], { ids }: Script): Promise<void> {
  for (const [lane, perform] of places.entries()) {
    for (const id of ids) await history.call(perform, lane, { kind: 'load', id })
  }
}

function counter(): () => number {
  let count = 0
  return () => count++
}
