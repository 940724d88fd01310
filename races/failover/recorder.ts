import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isLeewayError, type SessionStore } from '@leeway/core/adapter'

type Kind = 'load' | 'write'

/** What became of a store's calls: how long the longest took, when the last one failed, and with which codes. */
export class Recorder {
  longestMs = 0
  readonly codes = new Map<string, number>()
  readonly lastFailedAt: Record<Kind, number> = { load: 0, write: 0 }
  /** Calls that have been answered since the last one failed. */
  readonly answeredInARow: Record<Kind, number> = { load: 0, write: 0 }
  readonly #loop = monitorEventLoopDelay({ resolution: 10 })

  constructor() {
    this.#loop.enable()
  }

  get failed(): number {
    return [...this.codes.values()].reduce((sum, count) => sum + count, 0)
  }

  /** How long this process stood still at worst: a deadline cannot be kept meanwhile. */
  get stoodStillMs(): number {
    return this.#loop.max / 1e6
  }

  /** The store with every call recorded. */
  around(store: SessionStore): SessionStore {
    return {
      capabilities: store.capabilities,
      create: (session) => this.#call('write', () => store.create(session)),
      load: (id) => this.#call('load', () => store.load(id)),
      update: (session, expected) => this.#call('write', () => store.update(session, expected)),
      touch: (loaded, lifetime) => this.#call('write', () => store.touch(loaded, lifetime)),
      destroy: (id) => this.#call('write', () => store.destroy(id)),
      sweep: (options) => store.sweep(options),
      list: (query) => this.#call('load', () => listing(store, query)),
      close: () => {
        this.#loop.disable()
        return store.close()
      },
    }
  }

  async #call<T>(kind: Kind, make: () => Promise<T>): Promise<T> {
    const startedAt = performance.now()
    try {
      const answer = await make()
      this.answeredInARow[kind]++
      return answer
    } catch (error) {
      this.lastFailedAt[kind] = performance.now()
      this.answeredInARow[kind] = 0
      const code = isLeewayError(error) ? error.code : String(error)
      this.codes.set(code, (this.codes.get(code) ?? 0) + 1)
      throw error
    } finally {
      this.longestMs = Math.max(this.longestMs, performance.now() - startedAt)
    }
  }
}

function listing(store: SessionStore, query: Parameters<NonNullable<SessionStore['list']>>[0]) {
  if (!store.list) throw new Error('the store does not list')
  return store.list(query)
}
