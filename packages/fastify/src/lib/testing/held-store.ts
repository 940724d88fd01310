import type { SessionStore } from '@leeway/core'

// For the tests of this package: a real store whose calls are counted and, one by one, held back or cut off.

type Operation = 'create' | 'load' | 'update' | 'touch' | 'destroy'

const OPERATIONS: readonly string[] = ['create', 'load', 'update', 'touch', 'destroy'] satisfies Operation[]

/** A call that has arrived at the store and waits there. */
export interface Held {
  readonly reached: Promise<void>
  release(): void
}

export class HeldStore {
  readonly store: SessionStore
  /** The operations called so far, in order. */
  readonly calls: string[] = []
  readonly #waiting = new Map<string, () => Promise<void>>()

  constructor(inner: SessionStore) {
    this.store = new Proxy(inner, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return async (...args: unknown[]) => {
          if (OPERATIONS.includes(String(name))) await this.#arrive(String(name))
          return Reflect.apply(member, target, args)
        }
      },
    })
  }

  /** The next such call waits before it is applied. */
  holdNext(operation: Operation): Held {
    const reached = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    this.#waiting.set(operation, () => {
      reached.resolve()
      return released.promise
    })
    return { reached: reached.promise, release: released.resolve }
  }

  /** The next such call is not applied, and rejects. */
  failNext(operation: Operation): void {
    this.#waiting.set(operation, () => Promise.reject(new Error('connection refused')))
  }

  async #arrive(operation: string): Promise<void> {
    this.calls.push(operation)
    const wait = this.#waiting.get(operation)
    this.#waiting.delete(operation)
    await wait?.()
  }
}
