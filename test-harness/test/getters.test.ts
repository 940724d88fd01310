import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import { memoryStore } from '@leeway/core/memory'
import { expect, it } from 'vitest'
import { defineSubject, runConformance } from '../src/index.ts'

/** A row as some database clients hand it out: nothing of it can be set. */
class Row {
  readonly #columns: StoredSession

  constructor(columns: StoredSession) {
    this.#columns = columns
  }
  get id() {
    return this.#columns.id
  }
  get version() {
    return this.#columns.version
  }
  get payload() {
    return this.#columns.payload
  }
  get owner() {
    return this.#columns.owner
  }
  get expiresAt() {
    return this.#columns.expiresAt
  }
  get purgeAt() {
    return this.#columns.purgeAt
  }
}

it('a store keeps the contract with objects that have only getters', async () => {
  const places = new Map<string, Map<string, StoredSession>>()
  const subject = defineSubject({
    name: 'rows',
    open({ scratch, namespace, maxPayloadBytes }): SessionStore {
      const records = places.get(scratch) ?? new Map<string, StoredSession>()
      places.set(scratch, records)
      const store = memoryStore({ records, namespace, maxPayloadBytes })
      return {
        ...store,
        async load(id) {
          const stored = await store.load(id)
          return stored && new Row(stored)
        },
      }
    },
    discard: ({ scratch }) => void places.delete(scratch),
  })
  const { results } = await runConformance(subject, { seed: 1 })
  const others = results.filter(({ status }) => !['pass', 'not-applicable', 'not-run'].includes(status))
  expect(others.map(({ id, failure }) => `${id}: ${failure?.message}`)).toEqual([])
}, 60_000)
