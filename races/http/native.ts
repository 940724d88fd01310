import { createSessions, type SessionStore } from '@leeway/core'
import type { ApplicationOptions } from './application.ts'

/** The races are about orders: on a busy machine, nothing is to be refused for the time that it takes. */
export const UPDATE_TIMEOUT_MS = 30_000
export const STORE_TIMEOUT_MS = 40_000

/** The sessions of a native application, and its binding's options. */
export function nativeSessions(store: SessionStore, { clock, onStoreFailure = 'fail' }: ApplicationOptions = {}) {
  const timed = clock === undefined ? {} : { clock }
  const sessions = createSessions({ store, updateTimeoutMs: UPDATE_TIMEOUT_MS, ...timed })
  return { sessions, options: { secure: false, onStoreFailure, storeTimeoutMs: STORE_TIMEOUT_MS, ...timed } }
}
