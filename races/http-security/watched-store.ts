import type { SessionStore, StoredSession } from '@leeway/core'

type Operation = 'create' | 'load' | 'update' | 'touch' | 'destroy' | 'sweep' | 'list'

const OPERATIONS: readonly Operation[] = ['create', 'load', 'update', 'touch', 'destroy', 'sweep', 'list']

export interface WatchedStore {
  readonly store: SessionStore
  /** Every call since the last `forget`, in order. */
  readonly calls: Operation[]
  /** The records that were created and updated, in order, whatever became of them. */
  readonly written: StoredSession[]
  forget(): void
}

/** A store whose calls are written down on their way to the backend. */
export function watched(inner: SessionStore): WatchedStore {
  const calls: Operation[] = []
  const written: StoredSession[] = []
  const store = new Proxy(inner, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      const operation = OPERATIONS.find((known) => known === name)
      if (!operation || typeof member !== 'function') return member
      return (...args: unknown[]) => {
        calls.push(operation)
        if (operation === 'create' || operation === 'update') written.push(args[0] as StoredSession)
        return member.apply(target, args)
      }
    },
  })
  return {
    store,
    calls,
    written,
    forget() {
      calls.length = 0
      written.length = 0
    },
  }
}
