import type { Millis } from '@leeway/core'
import type { DropInSession } from '@leeway/core/records'

/**
 * The key of a session's hold on its record. @fastify/session copies what a store gives it into an object of its own, and
 * copies only enumerable properties whose keys are strings. So the hold is one.
 */
export const HOLD = '__leeway'

/** What ties a session of @fastify/session to the record that it was loaded from. */
export class Hold {
  /** The store that made it: another one is given sessions of this one where somebody copies them. */
  readonly store: object
  readonly sid: string
  readonly session: DropInSession
  /** When the session was given to the framework, undefined where it has begun it. */
  readonly loadedAt: Millis | undefined

  constructor(store: object, sid: string, session: DropInSession, loadedAt?: Millis) {
    this.store = store
    this.sid = sid
    this.session = session
    this.loadedAt = loadedAt
  }

  /** Leaves it out of JSON, and so of what is stored and of the hash by which @fastify/session sees a change. */
  toJSON(): undefined {
    return undefined
  }
}
