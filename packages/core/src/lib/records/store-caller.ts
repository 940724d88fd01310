import { isLeewayError, LeewayError } from '../errors.ts'
import { publish } from '../events.ts'
import type { Lifetime, ListedSession, LoadedRef, SessionId, SessionStore, StoredSession, Version } from '../store.ts'

const PAGE = 500

/** The store as core calls it: every failure is a `LeewayError` and an event, and a record is the one that was asked for. */
export class StoreCaller {
  readonly #store: SessionStore

  constructor(store: SessionStore) {
    this.#store = store
  }

  async load(id: SessionId): Promise<StoredSession | undefined> {
    try {
      const stored = await this.#store.load(id)
      if (stored !== undefined && stored.id !== id) {
        // A desynchronised connection once gave people each other's sessions (redis-py, March 2023).
        throw new LeewayError('ERR_STORE_FAILED', 'the store answered with another record', { operation: 'load', id })
      }
      return stored
    } catch (error) {
      throw failure(error, 'load', id)
    }
  }

  async create(session: StoredSession): Promise<'created' | 'exists'> {
    try {
      return await this.#store.create(session)
    } catch (error) {
      throw failure(error, 'create', session.id)
    }
  }

  async update(session: StoredSession, expected: Version): Promise<'saved' | 'conflict' | 'gone'> {
    try {
      return await this.#store.update(session, expected)
    } catch (error) {
      throw failure(error, 'update', session.id)
    }
  }

  async touch(loaded: LoadedRef, lifetime: Lifetime): Promise<'touched' | 'conflict' | 'gone'> {
    try {
      return await this.#store.touch(loaded, lifetime)
    } catch (error) {
      throw failure(error, 'touch', loaded.id)
    }
  }

  async destroy(id: SessionId): Promise<'destroyed' | 'gone'> {
    try {
      return await this.#store.destroy(id)
    } catch (error) {
      throw failure(error, 'destroy', id)
    }
  }

  /** Every record of one owner, or of all, page by page. @throws `ERR_UNSUPPORTED` where the store cannot list. */
  async *list(owner?: string): AsyncGenerator<ListedSession> {
    if (!this.#store.list) {
      throw new LeewayError('ERR_UNSUPPORTED', 'this store cannot list sessions', { operation: 'list' })
    }
    let cursor: string | undefined
    do {
      try {
        const page = await this.#store.list({ ...(owner !== undefined && { owner }), limit: PAGE, cursor })
        yield* page.sessions
        cursor = page.cursor
      } catch (error) {
        throw failure(error, 'list')
      }
    } while (cursor !== undefined)
  }
}

/** Passes a `LeewayError` on and wraps anything else, telling listeners of it. */
export function failure(error: unknown, operation: string, id?: SessionId): LeewayError {
  const wrapped = isLeewayError(error)
    ? error
    : new LeewayError('ERR_STORE_FAILED', `the session store failed to ${operation}`, { operation, id, cause: error })
  publish('leeway:store:error', () => ({ operation, code: wrapped.code, error: wrapped }))
  return wrapped
}
