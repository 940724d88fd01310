/**
 * First in, first out per key: work on one session takes turns within the process, and each turn is handed what the
 * one before it left, so that a queue of writers does not fight over a version that is already known.
 */
export class Turns<Value> {
  readonly #tails = new Map<string, Promise<Value | undefined>>()

  /** Runs `work` when those before it are done. `work` reports through `leave` what the next turn may start from. */
  async run<T>(key: string, work: (left: Value | undefined, leave: (value: Value) => void) => Promise<T>): Promise<T> {
    const before = this.#tails.get(key)
    let left: Value | undefined
    let finish = (_value: Value | undefined): void => {}
    const tail = new Promise<Value | undefined>((resolve) => {
      finish = resolve
    })
    this.#tails.set(key, tail)
    try {
      if (before) left = await before
      return await work(left, (value) => {
        left = value
      })
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
      finish(left)
    }
  }
}
