import { Patience } from './patience.ts'
import type { Step } from './subject.ts'

/** A store that tries again and again while another lane is held (a spin lock) has to let that one go on some time. */
const MOST_TURNS_IN_A_ROW = 64
const MOST_TURNS = 2_000

/** One backend call of one lane, or the whole of an operation that names no calls. */
export interface Turn {
  readonly lane: number
  /** The name that the store gave the call; empty if it gave none. */
  readonly step: string
  /** The lanes that could have had this turn. */
  readonly runnable: readonly number[]
}

export interface Schedule {
  readonly turns: readonly Turn[]
  readonly answers: readonly PromiseSettledResult<string>[]
  /** How many turns had been taken when the lane's answer was there. */
  readonly endedAfter: readonly number[]
  /** How often a lane was found waiting for another: then the order is not quite the one that was asked for. */
  readonly stalls: number
}

/** Whose turn is next, of the lanes that can go on; `last` had the one before. */
export type Choose = (runnable: readonly number[], last: number | undefined, turn: number) => number

/**
 * Lets one backend call at a time go on, of several operations that are under way. Each lane has a handle of its own.
 * Calls that an operation leaves behind for after its answer (it clears something away) are held until all have answered,
 * as nobody is told when they end: beside those of others, they would make each run another.
 */
export class Scheduler {
  readonly #lanes: readonly Lane[]
  readonly #patience: Patience

  constructor(lanes: number, patience = new Patience()) {
    this.#patience = patience
    this.#lanes = Array.from({ length: lanes }, () => new Lane())
  }

  /** What the handle of each lane has to be opened with. */
  get steps(): readonly Step[] {
    return this.#lanes.map(({ step }) => step)
  }

  async run(operations: readonly (() => Promise<string>)[], choose: Choose): Promise<Schedule> {
    const lanes = this.#lanes
    const turns: Turn[] = []
    const endedAfter: number[] = []
    for (const [n, lane] of lanes.entries()) {
      lane.prepare(operations[n], () => {
        endedAfter[n] = turns.length
      })
    }
    let [stalls, inARow] = [0, 0]
    try {
      while (lanes.some(({ isOver }) => !isOver)) {
        const runnable = lanes.flatMap((lane, n) => (lane.isRunnable ? [n] : []))
        if (runnable.length === 0) {
          await Promise.race(lanes.flatMap((lane) => (lane.isOver ? [] : [lane.settled])))
          continue
        }
        const last = turns.at(-1)?.lane
        const others = runnable.filter((lane) => lane !== last)
        const isSpinning = inARow >= MOST_TURNS_IN_A_ROW
        if (isSpinning) this.#letEndedGo()
        const allowed = isSpinning && others.length > 0 ? others : runnable
        const chosen = choose(allowed, last, turns.length)
        inARow = chosen === last ? inARow + 1 : 1
        const lane = lanes[chosen]
        if (!lane || !allowed.includes(chosen)) throw new RangeError(`lane ${chosen} cannot go on`)
        if (!(await lane.takeTurn(this.#patience.ms))) {
          stalls++
          this.#patience.found()
        }
        turns.push({ lane: chosen, step: lane.lastStep, runnable: allowed })
        if (turns.length > MOST_TURNS) throw new RangeError(`more than ${MOST_TURNS} backend calls and no end`)
        if (stalls === 0) continue
        this.#letEndedGo()
        await letOthersWake()
      }
      return { turns, answers: await Promise.all(lanes.map(({ answer }) => answer)), endedAfter, stalls }
    } finally {
      for (const lane of lanes) lane.letGo()
    }
  }

  /** What an operation left behind for after its answer may be what others wait for. */
  #letEndedGo(): void {
    for (const lane of this.#lanes) if (lane.isOver) lane.letGo()
  }
}

class Lane {
  #operation: (() => Promise<string>) | undefined
  #held: (() => void)[] = []
  /** How many calls may go on without being held. Unlimited while nothing is scheduled. */
  #credit = Number.POSITIVE_INFINITY
  #settled = Promise.withResolvers<void>()
  #onEnd = () => {}
  isOver = true
  lastStep = ''
  answer: Promise<PromiseSettledResult<string>> = Promise.resolve({ status: 'fulfilled', value: '' })

  readonly step: Step = async (name) => {
    if (this.#credit <= 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#held.push(resolve)
      this.#settled.resolve()
      await promise
    }
    this.#credit--
    this.lastStep = name
  }

  get isRunnable(): boolean {
    return !this.isOver && (this.#operation !== undefined || this.#held.length > 0)
  }

  /** Resolves when the lane stands before its next call, or its operation is over. */
  get settled(): Promise<void> {
    return this.#settled.promise
  }

  prepare(operation: (() => Promise<string>) | undefined, onEnd: () => void): void {
    this.#onEnd = onEnd
    this.#operation = operation
    this.#credit = 0
    this.isOver = operation === undefined
  }

  /** Lets one call go on; the first turn starts the operation as well. False if it has not been settled in time. */
  async takeTurn(stallMs: number): Promise<boolean> {
    this.#settled = Promise.withResolvers()
    this.lastStep = ''
    const operation = this.#operation
    this.#operation = undefined
    if (operation) {
      this.#credit = 1
      this.answer = settle(operation).finally(() => {
        this.isOver = true
        this.#onEnd()
        this.#settled.resolve()
      })
    } else {
      this.#credit = 1
      this.#held.shift()?.()
      // The call that goes on takes its credit in a microtask; another of the same operation may be held already.
      await Promise.resolve()
      if (this.#held.length > 0) return true
    }
    const { promise: stalled, resolve } = Promise.withResolvers<boolean>()
    const timer = setTimeout(resolve, stallMs, false)
    try {
      return await Promise.race([this.#settled.promise.then(() => true), stalled])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Nothing of this lane is held any longer, whatever becomes of the schedule. */
  letGo(): void {
    this.#credit = Number.POSITIVE_INFINITY
    for (const resolve of this.#held.splice(0)) resolve()
  }
}

async function settle(operation: () => Promise<string>): Promise<PromiseSettledResult<string>> {
  try {
    return { status: 'fulfilled', value: await operation() }
  } catch (reason) {
    return { status: 'rejected', reason }
  }
}

/** Those that waited for the lane that has just gone on take some turns of the event loop to notice. */
async function letOthersWake(): Promise<void> {
  for (let n = 0; n < 3; n++) await new Promise(setImmediate)
}
