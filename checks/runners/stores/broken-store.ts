import type { SessionStore } from '@leeway/core'
import { type MyStoreOptions, myStore } from './my-store.ts'

export interface BrokenStoreOptions extends MyStoreOptions {
  readonly step: (name: string) => Promise<void>
}

/** Compares the version in one step and writes in the next. */
export function brokenStore({ step, ...options }: BrokenStoreOptions): SessionStore {
  const store = myStore(options)
  return {
    ...store,
    async update(session, expected) {
      await step('read')
      const stored = await store.load(session.id)
      if (stored?.version !== expected) return store.update(session, expected)
      await step('write') // here others may write as well
      const current = await store.load(session.id)
      return store.update(session, current?.version ?? expected)
    },
  }
}
