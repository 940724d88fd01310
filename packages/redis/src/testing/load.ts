import { setImmediate as turn } from 'node:timers/promises'
import { isLeewayError, type LeewayError, type SessionStore, type StoredSession } from '@leeway/core/adapter'
import { version } from '@leeway/testing/records'
import { expectDiscreet, live } from './support.ts'

/** Callers that create, read and change sessions, one after the other, until they are told to stop. */
export class Load {
  /** What was acknowledged last of each session, and what was sent after that without an answer. */
  readonly sessions: { readonly acknowledged: StoredSession; readonly maybe: StoredSession | undefined }[] = []
  readonly errors: LeewayError[] = []
  /** Sessions that were acknowledged, and of which the next load said that they are not there. */
  missing = 0
  slowestMs = 0
  calls = 0
  readonly #store: SessionStore
  readonly #callers: Promise<void>[]
  #isOver = false

  constructor(store: SessionStore, callers = 8) {
    this.#store = store
    this.#callers = Array.from({ length: callers }, (_, number) => this.#run(number))
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#callers)
  }

  /** How many of the sessions that were acknowledged can no longer be read as they were. */
  async lost(): Promise<number> {
    const found = await Promise.all(
      this.sessions.map(async ({ acknowledged, maybe }) => {
        const stored = await this.#store.load(acknowledged.id)
        return stored !== undefined && [acknowledged.version, maybe?.version].includes(stored.version)
      }),
    )
    return found.filter((isThere) => !isThere).length
  }

  async #run(caller: number): Promise<void> {
    for (let round = 0; !this.#isOver; round++) {
      await turn()
      const session = live(`c${caller}x${round}`, { owner: `owner${caller}` })
      if ((await this.#attempt(() => this.#store.create(session))) !== 'created') continue
      const next = { ...session, version: version(2) }
      await this.#look(session)
      const answer = await this.#attempt(() => this.#store.update(next, session.version))
      if (answer === 'gone') this.missing++
      const isSaved = answer === 'saved'
      this.sessions.push({ acknowledged: isSaved ? next : session, maybe: isSaved ? undefined : next })
      if (isSaved) await this.#look(next)
    }
  }

  async #look({ id }: StoredSession): Promise<void> {
    const isMissing = await this.#attempt(async () => (await this.#store.load(id)) === undefined)
    if (isMissing === true) this.missing++
  }

  /** `undefined` for a call that failed as calls may. */
  async #attempt<T>(call: () => Promise<T>): Promise<T | undefined> {
    const startedAt = performance.now()
    this.calls++
    try {
      return await call()
    } catch (error) {
      if (!isLeewayError(error)) throw error
      expectDiscreet(error)
      this.errors.push(error)
      return undefined
    } finally {
      this.slowestMs = Math.max(this.slowestMs, performance.now() - startedAt)
    }
  }
}
