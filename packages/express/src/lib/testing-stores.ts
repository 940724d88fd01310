import type { SessionStore } from '@leeway/core'

// For the tests of this package: a store whose calls fail or wait, one by one.

type Operation = 'create' | 'load' | 'update' | 'touch' | 'destroy'
type Fault = (call: () => Promise<unknown>) => Promise<unknown>

export interface FaultyStore {
  readonly store: SessionStore
  /** The operations called so far, in order. */
  readonly calls: string[]
  /** The next such call is not applied, and rejects. */
  failNext(operation: Operation): void
  /** The next such call waits before it is applied. */
  holdNext(operation: Operation): { readonly reached: Promise<void>; release(): void }
}

export function faulty(inner: SessionStore): FaultyStore {
  const faults: { operation: Operation; fault: Fault }[] = []
  const calls: string[] = []
  const store = new Proxy(inner, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        calls.push(String(name))
        const call = () => Reflect.apply(member, target, args)
        const at = faults.findIndex(({ operation }) => operation === name)
        const [found] = at < 0 ? [] : faults.splice(at, 1)
        return found ? found.fault(call) : call()
      }
    },
  })
  return {
    store,
    calls,
    failNext(operation) {
      faults.push({ operation, fault: () => Promise.reject(new Error('connection refused')) })
    },
    holdNext(operation) {
      const reached = Promise.withResolvers<void>()
      const released = Promise.withResolvers<void>()
      const fault: Fault = async (call) => {
        reached.resolve()
        await released.promise
        return call()
      }
      faults.push({ operation, fault })
      return { reached: reached.promise, release: released.resolve }
    },
  }
}
