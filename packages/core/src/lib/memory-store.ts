import {
  assertId,
  assertKnownOptions,
  assertLifetime,
  assertListQuery,
  assertLoadedRef,
  assertMaxPayloadBytes,
  assertNamespace,
  assertSession,
  assertSweepOptions,
  assertVersion,
  DEFAULT_MAX_PAYLOAD_BYTES,
} from './adapter/checks.ts'
import { Gate } from './adapter/gate.ts'
import type { SessionStore, StoredSession } from './store.ts'

export interface MemoryStoreOptions {
  /** Keeps the records of several applications apart in one `records` map. Default `default`. */
  readonly namespace?: string
  /** Where the records live. Two stores over one map are two handles on the same sessions. Default: a map of its own. */
  readonly records?: Map<string, StoredSession>
  /** The longest payload, in bytes of UTF-8. Default 1 MiB. */
  readonly maxPayloadBytes?: number
}

/** Sweeps that may be continued. One that was abandoned is forgotten after so many others. */
const PAUSED_SWEEPS = 16

/**
 * Sessions in this process, gone with it: for tests, development and single-process tools. It is also the contract of
 * `SessionStore` in its readable form: every operation below is one synchronous step.
 *
 * @throws `ERR_INVALID_OPTION`
 */
export function memoryStore(options: MemoryStoreOptions = {}): SessionStore {
  const { namespace = 'default', records = new Map(), maxPayloadBytes = DEFAULT_MAX_PAYLOAD_BYTES } = options
  assertKnownOptions(options, ['namespace', 'records', 'maxPayloadBytes'], 'open')
  assertNamespace(namespace)
  assertMaxPayloadBytes(maxPayloadBytes)
  const gate = new Gate()
  const prefix = `${namespace}:`
  const paused = new Map<string, MapIterator<string>>()
  let sweeps = 0

  return {
    capabilities: Object.freeze({
      survives: 'nothing',
      sharedBy: 'process',
      purge: 'sweep',
      list: true,
      failover: 'none',
      maxPayloadBytes,
    }),

    async create(session) {
      gate.assertOpen('create')
      assertSession(session, 'create', maxPayloadBytes)
      const stored = records.get(prefix + session.id)
      if (stored) return stored.version === session.version ? 'created' : 'exists'
      records.set(prefix + session.id, copy(session))
      return 'created'
    },

    async load(id) {
      gate.assertOpen('load')
      assertId(id, 'load')
      const stored = records.get(prefix + id)
      return stored && copy(stored)
    },

    async update(session, expected) {
      gate.assertOpen('update')
      assertSession(session, 'update', maxPayloadBytes)
      assertVersion(expected, 'update')
      const stored = records.get(prefix + session.id)
      if (!stored) return 'gone'
      if (stored.version === session.version) return 'saved'
      if (stored.version !== expected) return 'conflict'
      records.set(prefix + session.id, { ...copy(session), purgeAt: Math.max(stored.purgeAt, session.purgeAt) })
      return 'saved'
    },

    async touch(loaded, lifetime) {
      gate.assertOpen('touch')
      assertLoadedRef(loaded, 'touch')
      assertLifetime(lifetime, 'touch')
      const stored = records.get(prefix + loaded.id)
      if (!stored) return 'gone'
      if (stored.version !== loaded.version) return 'conflict'
      const expiresAt = Math.max(stored.expiresAt, lifetime.expiresAt)
      records.set(prefix + loaded.id, { ...stored, expiresAt, purgeAt: Math.max(stored.purgeAt, lifetime.purgeAt) })
      return 'touched'
    },

    async destroy(id) {
      gate.assertOpen('destroy')
      assertId(id, 'destroy')
      return records.delete(prefix + id) ? 'destroyed' : 'gone'
    },

    async sweep({ cutoff, limit, budgetMs, cursor }) {
      gate.assertOpen('sweep')
      assertSweepOptions({ cutoff, limit, budgetMs, cursor })
      const keys = paused.get(cursor ?? '') ?? records.keys()
      paused.delete(cursor ?? '')
      const deadline = performance.now() + budgetMs
      let removed = 0
      for (let key = keys.next(); !key.done; key = keys.next()) {
        const stored = records.get(key.value)
        if (stored && key.value.startsWith(prefix) && stored.purgeAt <= cutoff && records.delete(key.value)) removed++
        if (removed >= limit || performance.now() >= deadline) {
          const next = String(++sweeps)
          paused.set(next, keys)
          paused.delete(String(sweeps - PAUSED_SWEEPS))
          return { removed, examined: removed, cursor: next }
        }
      }
      return { removed, examined: removed, cursor: undefined }
    },

    async list({ owner, limit, cursor }) {
      gate.assertOpen('list')
      assertListQuery({ owner, limit, cursor })
      const matching = [...records]
        .filter(([key, { owner: of }]) => key.startsWith(prefix) && (owner === undefined || of === owner))
        .map(([, { id, owner, expiresAt, purgeAt }]) => ({ id, owner, expiresAt, purgeAt }))
        .filter(({ id }) => cursor === undefined || id > cursor)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
      const sessions = matching.slice(0, limit)
      return { sessions, cursor: matching.length > limit ? sessions.at(-1)?.id : undefined }
    },

    close: () => gate.close(() => {}),
  }
}

/** The fields of the contract and no others, so that neither caller nor store can reach into the other's object. */
function copy({ id, version, payload, owner, expiresAt, purgeAt }: StoredSession): StoredSession {
  return { id, version, payload, owner, expiresAt, purgeAt }
}
