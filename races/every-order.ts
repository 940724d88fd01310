import type { SessionStore } from '@leeway/core'

/** Runs `work` as one actor of the race: each of its calls to the store, or whatever else has methods, waits for its turn. */
export type Actor = <T, Store extends object = SessionStore>(
  store: Store,
  work: (stepped: Store) => Promise<T>,
) => Promise<T>

/**
 * Runs a race once for every order in which its actors' store calls can follow each other. The scenario starts its
 * actors, then awaits `finish`, which lets one call after another happen in the order of this run.
 *
 * Actors must not wait for each other outside the store, as they would if they shared one `createSessions`.
 *
 * @returns how many orders were run
 */
export async function everyOrder(
  scenario: (actor: Actor, finish: () => Promise<void>) => Promise<void>,
): Promise<number> {
  let orders = 0
  for (let prefix: number[] | undefined = []; prefix; orders++) {
    const run: Run = new Run(prefix)
    await scenario(run.actor, () => run.finish())
    prefix = run.nextPrefix()
  }
  return orders
}

class Run {
  readonly #prefix: readonly number[]
  readonly #taken: { choice: number; options: number }[] = []
  readonly #actors: Stepper[] = []

  constructor(prefix: readonly number[]) {
    this.#prefix = prefix
  }

  readonly actor: Actor = (store, work) => {
    const stepper = new Stepper()
    this.#actors.push(stepper)
    const result = work(stepper.wrap(store)).finally(() => stepper.end())
    // Whoever awaits it sees a failure; it must not count as unhandled before.
    result.catch(() => {})
    return result
  }

  async finish(): Promise<void> {
    for (;;) {
      await Promise.all(this.#actors.map((actor) => actor.settled))
      const ready = this.#actors.filter((actor) => actor.waiting)
      if (ready.length === 0) return
      const choice = this.#prefix[this.#taken.length] ?? 0
      this.#taken.push({ choice, options: ready.length })
      ready[choice]?.go()
    }
  }

  /** The next order in depth-first sequence; `undefined` after the last. */
  nextPrefix(): number[] | undefined {
    for (let i = this.#taken.length - 1; i >= 0; i--) {
      const { choice, options } = this.#taken[i] as { choice: number; options: number }
      if (choice + 1 < options) return [...this.#taken.slice(0, i).map((step) => step.choice), choice + 1]
    }
    return undefined
  }
}

/** One actor: running, waiting for its turn, or done. */
class Stepper {
  waiting = false
  settled: Promise<void>
  #settle = (): void => {}
  #resume = (): void => {}

  constructor() {
    this.settled = this.#unsettled()
  }

  wrap<Store extends object>(store: Store): Store {
    return new Proxy(store, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function' || name === 'close') return member
        return async (...args: unknown[]) => {
          await this.#turn()
          return member.apply(target, args)
        }
      },
    })
  }

  go(): void {
    this.waiting = false
    this.settled = this.#unsettled()
    this.#resume()
  }

  end(): void {
    this.#settle()
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting = true
      this.#resume = resolve
      this.#settle()
    })
  }

  #unsettled(): Promise<void> {
    return new Promise((resolve) => {
      this.#settle = resolve
    })
  }
}
