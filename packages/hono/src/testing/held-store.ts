import type { SessionStore } from '@leeway/core'

type Operation = 'create' | 'load' | 'update' | 'touch' | 'destroy'

const OPERATIONS: readonly Operation[] = ['create', 'load', 'update', 'touch', 'destroy']

/** A store whose next call of a kind can be failed, or held until it is released. */
export function heldStore(inner: SessionStore) {
  const next = new Map<Operation, (call: () => unknown) => unknown>()
  const calls: Operation[] = []
  const store = new Proxy(inner, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      const operation = OPERATIONS.find((known) => known === name)
      if (!operation || typeof member !== 'function') return member
      return async (...args: unknown[]) => {
        calls.push(operation)
        const around = next.get(operation)
        next.delete(operation)
        const call = () => Reflect.apply(member, target, args)
        return around ? around(call) : call()
      }
    },
  })
  return {
    store,
    /** The calls so far, in order. */
    calls,
    failNext(operation: Operation): void {
      next.set(operation, () => Promise.reject(new Error('connection refused')))
    },
    holdNext(operation: Operation) {
      const reached = Promise.withResolvers<void>()
      const released = Promise.withResolvers<void>()
      next.set(operation, async (call) => {
        reached.resolve()
        await released.promise
        return call()
      })
      return { reached: reached.promise, release: released.resolve }
    },
  }
}
