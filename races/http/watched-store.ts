import type { SessionId, SessionStore, StoredSession } from '@leeway/core'

const CALLS = ['create', 'load', 'update', 'touch', 'destroy'] as const

export type Call = (typeof CALLS)[number]

/** What happens to a call in place of its being made. `make` makes it after all. */
export type Trouble = (call: Call, make: () => Promise<unknown>) => Promise<unknown>

/** A real store between the application and its records: what it creates is known, and its calls can come to grief. */
export class WatchedStore {
  /** What the application is given. */
  readonly store: SessionStore
  /** Ids of the sessions that were created, in order. */
  readonly created: SessionId[] = []
  /** Null while all is well. */
  trouble: Trouble | null = null
  readonly #inner: SessionStore

  constructor(inner: SessionStore) {
    this.#inner = inner
    this.store = new Proxy(inner, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        const call = CALLS.find((known) => known === name)
        if (call === undefined || typeof member !== 'function') return member
        return (...args: unknown[]) => this.#made(call, args, () => member.apply(target, args) as Promise<unknown>)
      },
    })
  }

  /** How many of the sessions are stored. */
  async countStored(ids: readonly SessionId[] = this.created): Promise<number> {
    const records = await Promise.all(ids.map((id) => this.#inner.load(id)))
    return records.filter((record) => record !== undefined).length
  }

  async #made(call: Call, [first]: readonly unknown[], make: () => Promise<unknown>): Promise<unknown> {
    const answer = await (this.trouble === null ? make() : this.trouble(call, make))
    if (call === 'create' && answer === 'created') this.created.push((first as StoredSession).id)
    return answer
  }
}
