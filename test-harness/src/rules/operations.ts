import type { Lifetime, LoadedRef, SessionId, SessionStore, StoredSession, Version } from '@leeway/core/adapter'
import { fieldsOf } from '../engine/expect.ts'
import { sweepAll } from './sweeping.ts'

/** An operation as data, so that it can be run on a store and predicted without one. */
export type Operation =
  | { readonly kind: 'create'; readonly session: StoredSession }
  | { readonly kind: 'load'; readonly id: SessionId }
  | { readonly kind: 'update'; readonly session: StoredSession; readonly expected: Version }
  | { readonly kind: 'touch'; readonly loaded: LoadedRef; readonly lifetime: Lifetime }
  | { readonly kind: 'destroy'; readonly id: SessionId }
  | { readonly kind: 'sweep'; readonly cutoff: number }

export async function perform(store: SessionStore, operation: Operation): Promise<string> {
  switch (operation.kind) {
    case 'create':
      return store.create(operation.session)
    case 'load':
      return recordAnswer(await store.load(operation.id))
    case 'update':
      return store.update(operation.session, operation.expected)
    case 'touch':
      return store.touch(operation.loaded, operation.lifetime)
    case 'destroy':
      return store.destroy(operation.id)
    case 'sweep':
      return `removed ${(await sweepAll(store, operation.cutoff)).removed}`
  }
}

/** What the contract says: the answer, and the one record that is stored afterwards. */
export function predict(stored: StoredSession | undefined, operation: Operation): [string, StoredSession | undefined] {
  switch (operation.kind) {
    case 'create': {
      if (stored) return [stored.version === operation.session.version ? 'created' : 'exists', stored]
      return ['created', operation.session]
    }
    case 'load':
      return [recordAnswer(stored), stored]
    case 'update': {
      const { session, expected } = operation
      if (!stored) return ['gone', undefined]
      if (stored.version === session.version) return ['saved', stored]
      if (stored.version !== expected) return ['conflict', stored]
      return ['saved', { ...session, purgeAt: Math.max(stored.purgeAt, session.purgeAt) }]
    }
    case 'touch': {
      const { loaded, lifetime } = operation
      if (!stored) return ['gone', undefined]
      if (stored.version !== loaded.version) return ['conflict', stored]
      const expiresAt = Math.max(stored.expiresAt, lifetime.expiresAt)
      return ['touched', { ...stored, expiresAt, purgeAt: Math.max(stored.purgeAt, lifetime.purgeAt) }]
    }
    case 'destroy':
      return [stored ? 'destroyed' : 'gone', undefined]
    case 'sweep':
      return stored && stored.purgeAt <= operation.cutoff ? ['removed 1', undefined] : ['removed 0', stored]
  }
}

/** What a load answered, as text that is equal for equal records. */
export function recordAnswer(record: StoredSession | undefined): string {
  return record ? JSON.stringify(fieldsOf(record)) : 'nothing'
}

/** The record that a load answered. */
export function recordIn(answer: string): StoredSession | undefined {
  return answer === 'nothing' ? undefined : JSON.parse(answer)
}
