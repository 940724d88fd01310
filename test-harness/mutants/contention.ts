import type { StoredSession } from '@leeway/core/adapter'
import { type Backend, due, type Mutant, mutant } from './mutant.ts'

const MOST_TRIES = 3

/** Faults of operations that lose again and again to others that come in between. */
export const contentionMutants: readonly Mutant[] = [
  mutant('update forces its third try', 'STEP-036', 'of no order', (store, backend) => ({
    ...store,
    update: (session, expected) =>
      forcing(backend, session.id, (stored) => {
        if (!stored) return ['gone']
        if (stored.version !== expected) return ['conflict']
        return ['saved', { ...session, purgeAt: Math.max(stored.purgeAt, session.purgeAt) }]
      }),
  })),
  mutant('update gives up after three tries', 'STEP-036', 'the call rejected, with others', (store, backend) => ({
    ...store,
    async update(session, expected) {
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        if (await isUnchanged(backend, session.id)) return store.update(session, expected)
      }
      throw new Error('too many tries')
    },
  })),
  mutant('update waits for what does not come', 'STEP-036', 'it goes on and on', (store, backend) => ({
    ...store,
    async update(session, expected) {
      if (await isUnchanged(backend, session.id)) return store.update(session, expected)
      for (;;) await backend.step('read')
    },
  })),
  mutant('touch forces its third try', 'STEP-037', 'a destroyed session came back', (store, backend) => ({
    ...store,
    touch: (loaded, { expiresAt, purgeAt }) =>
      forcing(backend, loaded.id, (stored) => {
        if (!stored) return ['gone']
        if (stored.version !== loaded.version) return ['conflict']
        const later = Math.max(stored.expiresAt, expiresAt)
        return ['touched', { ...stored, expiresAt: later, purgeAt: Math.max(stored.purgeAt, purgeAt) }]
      }),
  })),
  mutant('destroy calls it done after three tries', 'STEP-038', 'a destroyed session came back', (store, backend) => ({
    ...store,
    async destroy(id) {
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        if (await isUnchanged(backend, id)) return store.destroy(id)
      }
      return 'destroyed'
    },
  })),
  mutant('a sweep removes what it has lost three times', 'STEP-039', 'a renewed session is lost', (store, backend) => ({
    ...store,
    async sweep(options) {
      for (let tries = 1; tries <= MOST_TRIES; tries++) {
        await backend.step('read')
        const [key] = due(backend, options.cutoff)
        const seen = key === undefined ? undefined : backend.records.get(key)
        await backend.step('delete')
        if (key === undefined || (backend.records.get(key) !== seen && tries < MOST_TRIES)) continue
        const removed = backend.records.delete(key) ? 1 : 0
        return { removed, examined: 1 }
      }
      return { removed: 0, examined: 1 }
    },
  })),
  mutant('create takes the id at its third try', 'STEP-040', 'two were told they did it', (store, backend) => ({
    ...store,
    create: (session) => forcing(backend, session.id, (stored) => (stored ? ['exists'] : ['created', { ...session }])),
  })),
  mutant('load finds nothing after three looks', 'STEP-041', 'a load missed what was there', (store, backend) => ({
    ...store,
    async load(id) {
      for (let looks = 0; looks < MOST_TRIES; looks++) if (await isUnchanged(backend, id)) return store.load(id)
      return undefined
    },
  })),
]

/** A compare-and-set that, at the third try, only sets. */
async function forcing<T>(
  { records, key, step }: Backend,
  id: string,
  decide: (stored: StoredSession | undefined) => [T, StoredSession?],
): Promise<T> {
  for (let tries = 1; ; tries++) {
    await step('read')
    const seen = records.get(key(id))
    const [answer, next] = decide(seen)
    if (!next) return answer
    await step('swap')
    if (records.get(key(id)) !== seen && tries < MOST_TRIES) continue
    records.set(key(id), next)
    return answer
  }
}

/** Whether nobody has written between two calls of the backend. */
async function isUnchanged({ records, key, step }: Backend, id: string): Promise<boolean> {
  await step('read')
  const seen = records.get(key(id))
  await step('read again')
  return records.get(key(id)) === seen
}
