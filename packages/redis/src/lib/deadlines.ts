import type { LeewayError } from '@leeway/core/adapter'

interface Waiting {
  readonly dueAt: number
  readonly expire: () => void
}

/** Gives every call of a store the same time to be answered, with one timer for all of them. */
export class Deadlines {
  readonly #timeoutMs: number
  /** In the order of their deadlines, as all have the same time. */
  readonly #waiting = new Set<Waiting>()
  #timer: NodeJS.Timeout | undefined

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /** Settles as `work` does, or rejects once it has taken too long. What `work` does later is of no interest then. */
  within<T>(work: Promise<T>, late: () => LeewayError): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        dueAt: performance.now() + this.#timeoutMs,
        expire: () => reject(late()),
      }
      this.#waiting.add(waiting)
      this.#timer ??= this.#startTimer(this.#timeoutMs)
      work.then(
        (value) => {
          this.#waiting.delete(waiting)
          resolve(value)
        },
        (error) => {
          this.#waiting.delete(waiting)
          reject(error)
        },
      )
    })
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #startTimer(delayMs: number): NodeJS.Timeout {
    // After a pause of this process, timers come before answers that arrived meanwhile: those are read first.
    return setTimeout(() => setImmediate(() => this.#expire()), delayMs).unref()
  }

  #expire(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const waiting of this.#waiting) {
      if (waiting.dueAt > now) {
        this.#timer = this.#startTimer(waiting.dueAt - now)
        return
      }
      this.#waiting.delete(waiting)
      waiting.expire()
    }
  }
}
