import { storeFailed, storeTimeout } from './failures.ts'

interface Call {
  readonly operation: string
  readonly id: string | undefined
  readonly dueAt: number
  readonly reject: (error: Error) => void
}

/** The calls of a store that are under way: each has the same time to be answered, and fails with a code. */
export class Calls {
  readonly #timeoutMs: number
  readonly #status: () => string | undefined
  /** In the order of their deadlines, as all have the same time. */
  readonly #underWay = new Set<Call>()
  #timer: NodeJS.Timeout | undefined
  #idle: (() => void)[] = []

  /** @param status what the connection is doing, for the message */
  constructor(timeoutMs: number, status: () => string | undefined) {
    this.#timeoutMs = timeoutMs
    this.#status = status
  }

  /** Settles as `work` does, or rejects once it has taken too long. What `work` does later is of no interest then. */
  run<T>(work: Promise<T>, operation: string, id?: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const call = { operation, id, dueAt: performance.now() + this.#timeoutMs, reject }
      this.#underWay.add(call)
      this.#timer ??= this.#startTimer(this.#timeoutMs)
      work.then(
        (value) => {
          this.#end(call)
          resolve(value)
        },
        (error) => {
          this.#end(call)
          reject(storeFailed(error, operation, id))
        },
      )
    })
  }

  /** Resolves once nothing is under way, which takes no longer than the time that a call has. */
  async idle(): Promise<void> {
    if (this.#underWay.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
    clearTimeout(this.#timer)
  }

  #end(call: Call): void {
    this.#underWay.delete(call)
    if (this.#underWay.size === 0 && this.#idle.length > 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** One timer for all, which does not keep the process alive: the connection does, while there is one. */
  #startTimer(delayMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      // After a pause of this process, timers come before answers that arrived meanwhile: those are read first. What
      // reads them may call again and pause again, and of that nothing has been read yet: only what is due now expires.
      const now = performance.now()
      setImmediate(() => this.#expire(now))
    }, delayMs).unref()
  }

  #expire(now: number): void {
    this.#timer = undefined
    for (const call of this.#underWay) {
      if (call.dueAt > now) {
        this.#timer = this.#startTimer(Math.max(1, call.dueAt - performance.now()))
        return
      }
      this.#end(call)
      call.reject(storeTimeout(this.#timeoutMs, this.#status(), call.operation, call.id))
    }
  }
}
