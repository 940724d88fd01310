import { setImmediate } from 'node:timers/promises'
import type { SessionStore } from './store.ts'

// For the tests of this package: a store whose calls are counted and, one by one, failed, cut off or held.

export type Operation = 'create' | 'load' | 'update' | 'touch' | 'destroy' | 'sweep' | 'list'

const OPERATIONS: readonly Operation[] = ['create', 'load', 'update', 'touch', 'destroy', 'sweep', 'list']

/** Stands between a caller and the backend: passes the call on, or does not. */
type Fault = (call: () => Promise<unknown>) => Promise<unknown>

/** A call that has arrived at the store and waits there. */
export interface Held {
  readonly reached: Promise<void>
  release(): void
}

export class FaultyStore {
  /** What core calls. */
  readonly store: SessionStore
  /** The operations called since the last `forget`, in order. */
  calls: Operation[] = []
  readonly #faults = new Map<Operation, Fault[]>()

  constructor(inner: SessionStore) {
    this.store = new Proxy(inner, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        const operation = OPERATIONS.find((known) => known === name)
        if (!operation || typeof member !== 'function') return member
        return (...args: unknown[]) => this.#call(operation, () => member.apply(target, args) as Promise<unknown>)
      },
    })
  }

  forget(): void {
    this.calls = []
  }

  /** The next such call is not applied, and rejects. */
  failNext(operation: Operation, error: unknown = new Error('connection refused')): void {
    this.#push(operation, () => Promise.reject(error))
  }

  /** The next such call is applied, and then rejects. */
  loseNext(operation: Operation, error: unknown = new Error('connection reset')): void {
    this.#push(operation, async (call) => {
      await call()
      throw error
    })
  }

  /** Something happens right before the next such call. */
  beforeNext(operation: Operation, happening: () => Promise<unknown>): void {
    this.#push(operation, async (call) => {
      await happening()
      return call()
    })
  }

  /** Something happens right after the next such call was applied, before its caller hears of it. */
  afterNext(operation: Operation, happening: () => Promise<unknown>): void {
    this.#push(operation, async (call) => {
      const answer = await call()
      await happening()
      return answer
    })
  }

  /** The next such call gets this answer, and is not applied. */
  answerNext(operation: Operation, answer: unknown): void {
    this.#push(operation, () => Promise.resolve(answer))
  }

  /** The next such call waits before it is applied. */
  holdNext(operation: Operation): Held {
    const reached = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    this.beforeNext(operation, () => {
      reached.resolve()
      return released.promise
    })
    return { reached: reached.promise, release: released.resolve }
  }

  #push(operation: Operation, fault: Fault): void {
    this.#faults.set(operation, [...(this.#faults.get(operation) ?? []), fault])
  }

  #call(operation: Operation, call: () => Promise<unknown>): Promise<unknown> {
    this.calls.push(operation)
    const fault = this.#faults.get(operation)?.shift()
    return fault ? fault(call) : call()
  }
}

/** Lets promises that need no further input settle. */
export async function settled(): Promise<void> {
  await setImmediate()
}
