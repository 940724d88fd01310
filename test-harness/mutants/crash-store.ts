import { LeewayError, type SessionStore, type StoredSession } from '@leeway/core/adapter'
import type { OpenOptions } from '../src/engine/subject.ts'
import { CrashFiles, type State } from './crash-files.ts'

/** What a fault may reach past the store that it spoils. */
export interface CrashBackend extends OpenOptions {
  readonly files: CrashFiles
  /** Makes a call, which is a step. */
  call<T>(name: string, work: () => T): Promise<T>
}

/** A store whose records survive the process, which keeps the rules of crashes, and few of the others. */
export function crashStore({ files, call, maxPayloadBytes }: CrashBackend): SessionStore {
  const find = (id: string) => call('find', () => files.state(id))
  const load = async (id: string): Promise<StoredSession | undefined> => {
    const state = await find(id)
    return state && call('read', () => files.record(state))
  }
  const remove = async (state: State): Promise<boolean> => {
    const isMine = await call('remove state', () => files.removeState(state))
    if (isMine) await call('remove content', () => files.removeContent(state))
    return isMine
  }
  return {
    capabilities: Object.freeze({
      survives: 'process-crash',
      sharedBy: 'host',
      purge: 'sweep',
      list: true,
      failover: 'none',
      maxPayloadBytes,
    }),
    async create(session) {
      const stored = await find(session.id)
      if (stored) return stored.version === session.version ? 'created' : 'exists'
      await call('write content', () => files.writeContent(session))
      await call('add state', () => files.addState(session))
      return 'created'
    },
    load,
    async update(session, expected) {
      const stored = await find(session.id)
      if (!stored) return 'gone'
      if (stored.version === session.version) return 'saved'
      if (stored.version !== expected) return 'conflict'
      await call('write content', () => files.writeContent(session))
      const next = { ...session, purgeAt: Math.max(stored.purgeAt, session.purgeAt) }
      if (!(await call('change state', () => files.changeState(stored, next)))) return 'conflict'
      await call('remove content', () => files.removeContent(stored))
      return 'saved'
    },
    async touch({ id, version }, lifetime) {
      const stored = await find(id)
      if (!stored) return 'gone'
      if (stored.version !== version) return 'conflict'
      const expiresAt = Math.max(stored.expiresAt, lifetime.expiresAt)
      const next = { ...stored, expiresAt, purgeAt: Math.max(stored.purgeAt, lifetime.purgeAt) }
      return (await call('change state', () => files.changeState(stored, next))) ? 'touched' : 'conflict'
    },
    async destroy(id) {
      const stored = await find(id)
      return stored && (await remove(stored)) ? 'destroyed' : 'gone'
    },
    async sweep({ cutoff }) {
      const due = (await call('find', () => files.states())).filter(({ purgeAt }) => purgeAt <= cutoff)
      let removed = 0
      for (const state of due) if (await remove(state)) removed++
      return { removed, examined: due.length }
    },
    async list({ owner }) {
      const records = await call('read all', () => files.records())
      const listed = records.filter((record) => owner === undefined || record.owner === owner)
      return { sessions: listed.map(({ id, owner, expiresAt, purgeAt }) => ({ id, owner, expiresAt, purgeAt })) }
    },
    close: async () => {},
  }
}

/** What it works on. */
export function crashBackend(options: OpenOptions): CrashBackend {
  const { step } = options
  return {
    ...options,
    files: new CrashFiles(options),
    async call(name, work) {
      await step(name)
      try {
        return work()
      } catch (cause) {
        throw new LeewayError('ERR_STORE_FAILED', name, { cause, operation: name })
      }
    },
  }
}
