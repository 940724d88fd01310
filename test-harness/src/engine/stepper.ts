import { Patience } from './patience.ts'
import type { Step } from './subject.ts'

/** An operation that has been started, and stands before one of its backend calls if `isHeld`. */
export interface Held<T> {
  /** False if the operation ended before the step it was to be held at. */
  readonly isHeld: boolean
  /** Lets the operation go on, and gives its answer. */
  finish(): Promise<T>
  /** Runs another operation while this one is held. A store that locks makes it wait: then this one goes on first. */
  meanwhile<U>(other: () => Promise<U>): Promise<U>
}

/** Holds operations of the handle that was opened with its `step`. */
export class Stepper {
  #holdAt = -1
  #seen = 0
  #reached = Promise.withResolvers<void>()
  #released = Promise.withResolvers<void>()
  readonly #patience: Patience
  /** How many operations had to wait for one that was held. */
  stalls = 0

  constructor(patience = new Patience()) {
    this.#patience = patience
  }

  readonly step: Step = async () => {
    if (this.#seen++ !== this.#holdAt) return
    this.#reached.resolve()
    await this.#released.promise
  }

  /** Starts the operation and returns when it stands before its `k`-th backend call (counted from 0), or has ended. */
  async hold<T>(k: number, operation: () => Promise<T>): Promise<Held<T>> {
    this.#holdAt = k
    this.#seen = 0
    this.#reached = Promise.withResolvers()
    this.#released = Promise.withResolvers()
    const running = operation()
    const isHeld = await Promise.race([this.#reached.promise.then(() => true), settled(running).then(() => false)])
    const finish = (): Promise<T> => {
      this.#holdAt = -1
      this.#released.resolve()
      return running
    }
    return { isHeld, finish, meanwhile: (other) => this.#meanwhile(other, finish) }
  }

  async #meanwhile<U>(other: () => Promise<U>, finish: () => Promise<unknown>): Promise<U> {
    const running = other()
    const { promise: stalled, resolve } = Promise.withResolvers<boolean>()
    const timer = setTimeout(resolve, 2 * this.#patience.ms, true)
    if (await Promise.race([stalled, settled(running).then(() => false)])) {
      this.stalls++
      this.#patience.found()
      await settled(finish())
    }
    clearTimeout(timer)
    return running
  }
}

async function settled(running: Promise<unknown>): Promise<void> {
  await running.then(
    () => {},
    () => {},
  )
}
