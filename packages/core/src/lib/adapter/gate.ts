import { LeewayError } from '../errors.ts'

/** The lifecycle promises of a store, kept once: calls after `close` are refused, and `close` waits for those under way. */
export class Gate {
  #closing: Promise<void> | undefined
  readonly #underWay = new Set<Promise<unknown>>()

  /** @throws `ERR_STORE_CLOSED` once `close` has been called. */
  assertOpen(operation: string): void {
    if (this.#closing !== undefined) {
      throw new LeewayError('ERR_STORE_CLOSED', 'the session store has been closed', { operation })
    }
  }

  /** Runs asynchronous work that `close` waits for. */
  async run<T>(operation: string, work: () => Promise<T>): Promise<T> {
    this.assertOpen(operation)
    const running = work()
    this.#underWay.add(running)
    try {
      return await running
    } finally {
      this.#underWay.delete(running)
    }
  }

  /** Refuses further calls, waits for those under way, then releases what the store holds. Idempotent. */
  close(release: () => void | Promise<void>): Promise<void> {
    this.#closing ??= this.#drain(release)
    return this.#closing
  }

  async #drain(release: () => void | Promise<void>): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay)
    await release()
  }
}
