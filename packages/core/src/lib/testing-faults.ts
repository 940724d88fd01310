import { memoryStore } from './memory-store.ts'
import type { SessionStore } from './store.ts'

/** What happens instead of one call. `apply` is the call itself, against the store underneath. */
export type Fault = (apply: () => Promise<unknown>) => Promise<unknown>
export type StoreCall = Exclude<keyof SessionStore, 'capabilities'>

/** A store whose calls are counted, and which fails where a test tells it to. */
export interface FaultyStore extends SessionStore {
  readonly calls: Readonly<Record<StoreCall, number>>
  /** Calls that may have changed something. */
  readonly writes: number
  /** The next call of this kind that no earlier fault is meant for meets these, one each. */
  next(call: StoreCall, ...faults: Fault[]): void
  /** Every call of this kind meets the fault, until it is replaced or taken away. */
  always(call: StoreCall, fault: Fault | undefined): void
}

/** A call that waits. `reached` resolves when it is made. */
export interface Held {
  readonly fault: Fault
  readonly reached: Promise<void>
  release(): void
}

export const outage = new Error('connect ECONNREFUSED')

/** The call never reaches the store. */
export const failing =
  (error: unknown = outage): Fault =>
  () =>
    Promise.reject(error)

/** The call is applied, and its answer is lost. */
export const dropping =
  (error: unknown = outage): Fault =>
  async (apply) => {
    await apply()
    throw error
  }

/** The call never reaches the store, which answers all the same. */
export const answering =
  (value: unknown): Fault =>
  async () =>
    value

/** Others do something first. */
export const after =
  (others: () => Promise<unknown>): Fault =>
  async (apply) => {
    await others()
    return apply()
  }

/** The call is applied, others do something, and only then its answer is lost. */
export const droppingAfter =
  (others: () => Promise<unknown>, error: unknown = outage): Fault =>
  async (apply) => {
    await apply()
    await others()
    throw error
  }

/** Holds a call before it reaches the store, or its answer after it was applied. */
export function held(what: 'call' | 'answer' = 'call'): Held {
  const reached = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  return {
    reached: reached.promise,
    release: released.resolve,
    fault: async (apply) => {
      if (what === 'call') {
        reached.resolve()
        await released.promise
        return apply()
      }
      const answer = await apply()
      reached.resolve()
      await released.promise
      return answer
    },
  }
}

/** Passes every call on to `inner`, except where it is told otherwise. */
export function faultyStore(inner: SessionStore = memoryStore()): FaultyStore {
  const calls: Record<StoreCall, number> = {
    create: 0,
    load: 0,
    update: 0,
    touch: 0,
    destroy: 0,
    sweep: 0,
    list: 0,
    close: 0,
  }
  const queues = new Map<StoreCall, Fault[]>()
  const standing = new Map<StoreCall, Fault>()

  const pass = <T>(call: StoreCall, apply: () => Promise<T>): Promise<T> => {
    calls[call]++
    const fault = queues.get(call)?.shift() ?? standing.get(call)
    return fault ? (fault(apply) as Promise<T>) : apply()
  }

  return {
    capabilities: inner.capabilities,
    calls,
    get writes() {
      return calls.create + calls.update + calls.touch + calls.destroy
    },
    next(call, ...faults) {
      queues.set(call, [...(queues.get(call) ?? []), ...faults])
    },
    always(call, fault) {
      if (fault) standing.set(call, fault)
      else standing.delete(call)
    },
    create: (session) => pass('create', () => inner.create(session)),
    load: (id) => pass('load', () => inner.load(id)),
    update: (session, expected) => pass('update', () => inner.update(session, expected)),
    touch: (loaded, lifetime) => pass('touch', () => inner.touch(loaded, lifetime)),
    destroy: (id) => pass('destroy', () => inner.destroy(id)),
    sweep: (options) => pass('sweep', () => inner.sweep(options)),
    list: (query) =>
      pass('list', async () => {
        if (!inner.list) throw new Error('this store cannot list')
        return inner.list(query)
      }),
    close: () => pass('close', () => inner.close()),
  }
}
