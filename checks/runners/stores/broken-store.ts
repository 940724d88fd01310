import type { SessionStore } from '@leeway/core'
import { assertSession, assertVersion, Gate } from '@leeway/core/adapter'
import { type MyStoreOptions, myStore } from './my-store.ts'

export interface BrokenStoreOptions extends MyStoreOptions {
  readonly step: (name: string) => Promise<void>
}

/** Compares the version in one step and writes in the next. */
export function brokenStore({ step, ...options }: BrokenStoreOptions): SessionStore {
  const store = myStore(options)
  const gate = new Gate()
  return {
    ...store,
    async update(session, expected) {
      gate.assertOpen('update')
      assertSession(session, 'update', options.maxPayloadBytes)
      assertVersion(expected, 'update')
      const given = { ...session }
      return gate.run('update', async () => {
        await step('read')
        const stored = await store.load(given.id)
        if (stored?.version !== expected) return store.update(given, expected)
        await step('write') // others may have written
        const current = await store.load(given.id)
        return store.update(given, current?.version ?? expected)
      })
    },
    close: () => gate.close(() => store.close()),
  }
}
