import {
  assertId,
  assertLifetime,
  assertListQuery,
  assertLoadedRef,
  assertMaxPayloadBytes,
  assertNamespace,
  assertSession,
  assertSweepOptions,
  assertVersion,
  Gate,
  LeewayError,
  type SessionStore,
  type StoredSession,
} from '@leeway/core/adapter'
import type { Step } from '../src/index.ts'

/** A backend that knows no transactions: text under keys, and compare-and-set. */
export interface TextBackend {
  readonly texts: Map<string, string>
  isDown: boolean
}

export interface SteppedStoreOptions {
  readonly backend: TextBackend
  readonly namespace: string
  readonly maxPayloadBytes: number
  readonly step: Step
}

/** A store whose operations are several backend calls each, as those on files are: read, decide, compare and set, again. */
export function steppedStore({ backend, namespace, maxPayloadBytes, step }: SteppedStoreOptions): SessionStore {
  assertNamespace(namespace)
  assertMaxPayloadBytes(maxPayloadBytes)
  const gate = new Gate()
  const { texts } = backend
  const keyOf = (id: string) => `${namespace}:${id}`
  const call = async <T>(name: string, work: () => T): Promise<T> => {
    await step(name)
    if (backend.isDown) throw new Error(`${name}: connection refused`)
    return work()
  }
  const get = (key: string) => call('get', () => texts.get(key))
  const keys = () => call('keys', () => [...texts.keys()].filter((key) => key.startsWith(`${namespace}:`)).sort())
  /** Sets (or, to undefined, deletes) only what is still as it was seen. */
  const swap = (key: string, seen: string | undefined, next: string | undefined) =>
    call('swap', () => {
      if (texts.get(key) !== seen) return false
      if (next === undefined) texts.delete(key)
      else texts.set(key, next)
      return true
    })
  const run = <T>(operation: string, work: () => Promise<T>): Promise<T> =>
    gate.run(operation, () =>
      work().catch((cause: unknown) => {
        throw new LeewayError('ERR_STORE_FAILED', 'the backend failed', { operation, cause })
      }),
    )
  /** Reads, decides and writes until nobody has written in between. */
  async function change<T>(id: string, decide: (stored: StoredSession | undefined) => [T, StoredSession?]): Promise<T> {
    for (;;) {
      const seen = await get(keyOf(id))
      const [answer, next] = decide(seen === undefined ? undefined : parse(seen))
      if (!next || (await swap(keyOf(id), seen, JSON.stringify(next)))) return answer
    }
  }

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
      const given = copy(session)
      return run('create', () =>
        change(given.id, (stored) => {
          if (stored) return [stored.version === given.version ? 'created' : 'exists']
          return ['created', given]
        }),
      )
    },
    async load(id) {
      gate.assertOpen('load')
      assertId(id, 'load')
      return run('load', async () => {
        const text = await get(keyOf(id))
        return text === undefined ? undefined : parse(text)
      })
    },
    async update(session, expected) {
      gate.assertOpen('update')
      assertSession(session, 'update', maxPayloadBytes)
      assertVersion(expected, 'update')
      const given = copy(session)
      return run('update', () =>
        change(given.id, (stored) => {
          if (!stored) return ['gone']
          if (stored.version === given.version) return ['saved']
          if (stored.version !== expected) return ['conflict']
          return ['saved', { ...given, purgeAt: Math.max(stored.purgeAt, given.purgeAt) }]
        }),
      )
    },
    async touch(loaded, lifetime) {
      gate.assertOpen('touch')
      assertLoadedRef(loaded, 'touch')
      assertLifetime(lifetime, 'touch')
      const { id, version } = loaded
      const { expiresAt, purgeAt } = lifetime
      return run('touch', () =>
        change(id, (stored) => {
          if (!stored) return ['gone']
          if (stored.version !== version) return ['conflict']
          const later = Math.max(stored.expiresAt, expiresAt)
          return ['touched', { ...stored, expiresAt: later, purgeAt: Math.max(stored.purgeAt, purgeAt) }]
        }),
      )
    },
    async destroy(id) {
      gate.assertOpen('destroy')
      assertId(id, 'destroy')
      return run('destroy', async () => {
        for (;;) {
          const seen = await get(keyOf(id))
          if (seen === undefined) return 'gone'
          if (await swap(keyOf(id), seen, undefined)) return 'destroyed'
        }
      })
    },
    async sweep({ cutoff, limit, budgetMs, cursor = '' }) {
      gate.assertOpen('sweep')
      assertSweepOptions({ cutoff, limit, budgetMs, cursor })
      return run('sweep', async () => {
        const deadline = performance.now() + budgetMs
        const all = await keys()
        let [removed, examined] = [0, 0]
        for (const key of all.filter((one) => one > cursor)) {
          const seen = await get(key)
          if (seen !== undefined && isDue(seen, cutoff)) {
            examined++
            if (await swap(key, seen, undefined)) removed++
          }
          if (removed >= limit || performance.now() >= deadline) return { removed, examined, cursor: key }
        }
        return { removed, examined }
      })
    },
    async list({ owner, limit, cursor = '' }) {
      gate.assertOpen('list')
      assertListQuery({ owner, limit, cursor })
      return run('list', async () => {
        const all = await keys()
        const read = await Promise.all(all.filter((key) => key > cursor).map(get))
        const matching = read
          .flatMap((text) => (text === undefined ? [] : (readable(text) ?? [])))
          .filter((session) => owner === undefined || session.owner === owner)
          .map(({ id, owner, expiresAt, purgeAt }) => ({ id, owner, expiresAt, purgeAt }))
        const last = matching[limit - 1]
        const isMore = last !== undefined && matching.length > limit
        return { sessions: matching.slice(0, limit), cursor: isMore ? keyOf(last.id) : undefined }
      })
    },
    close: () => gate.close(() => {}),
  }
}

function copy({ id, version, payload, owner, expiresAt, purgeAt }: StoredSession): StoredSession {
  return { id, version, payload, owner, expiresAt, purgeAt }
}

function parse(text: string): StoredSession {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the text.
    throw new Error('the record is damaged')
  }
}

function readable(text: string): StoredSession | undefined {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}

/** What cannot be read is not due: it stays until somebody destroys it. */
function isDue(text: string, cutoff: number): boolean {
  const stored = readable(text)
  return stored !== undefined && stored.purgeAt <= cutoff
}
