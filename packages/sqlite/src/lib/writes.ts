import type { Lifetime, LoadedRef, StoredSession } from '@leeway/core/adapter'
import type { Statements } from './statements.ts'
import type { Write } from './write-queue.ts'

// The fields are taken at the call: what the caller does to its objects before the commit changes nothing.

export function createWrite({ create, version }: Statements, session: StoredSession): Write<'created' | 'exists'> {
  const { id, version: given, owner, expiresAt, purgeAt, payload } = session
  return {
    operation: 'create',
    id,
    pages: 3 + pagesOf(payload),
    attempt: () => (create.run(id, given, owner, expiresAt, purgeAt, payload).changes > 0 ? 'created' : undefined),
    decide: () => (version.get(id) === given ? 'created' : 'exists'),
  }
}

export function updateWrite(
  { update, version }: Statements,
  session: StoredSession,
  expected: string,
): Write<'saved' | 'conflict' | 'gone'> {
  const { id, version: given, owner, expiresAt, purgeAt, payload } = session
  return {
    operation: 'update',
    id,
    pages: 3 + pagesOf(payload),
    attempt() {
      // Over its own version it is a retry, which `decide` answers without writing.
      if (given === expected) return undefined
      return update.run(given, owner, expiresAt, purgeAt, payload, id, expected).changes > 0 ? 'saved' : undefined
    },
    decide() {
      const stored = version.get(id)
      if (stored === undefined) return 'gone'
      return stored === given ? 'saved' : 'conflict'
    },
  }
}

export function touchWrite(
  { touch, version }: Statements,
  loaded: LoadedRef,
  lifetime: Lifetime,
): Write<'touched' | 'conflict' | 'gone'> {
  const { id, version: seen } = loaded
  const { expiresAt, purgeAt } = lifetime
  return {
    operation: 'touch',
    id,
    pages: 3,
    attempt: () => (touch.run(expiresAt, purgeAt, id, seen).changes > 0 ? 'touched' : undefined),
    decide: () => (version.get(id) === undefined ? 'gone' : 'conflict'),
  }
}

export function destroyWrite({ destroy }: Statements, id: string): Write<'destroyed' | 'gone'> {
  const attempt = () => (destroy.run(id).changes > 0 ? 'destroyed' : 'gone')
  return { operation: 'destroy', id, pages: 4, attempt, decide: attempt }
}

function pagesOf(payload: string): number {
  return payload.length >> 12
}
