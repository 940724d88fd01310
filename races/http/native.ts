import { createSessions, type SessionStore } from '@leeway/core'
import type { ApplicationOptions } from './application.ts'

/** The sessions of a native application, and its binding's options. */
export function nativeSessions(store: SessionStore, { clock, ...outage }: ApplicationOptions = {}) {
  const timed = clock === undefined ? {} : { clock }
  const sessions = createSessions({ store, ...timed })
  return { sessions, options: { secure: false, ...timed, ...outage } }
}
