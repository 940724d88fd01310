import { assertSweepOptions, type Clock, type SessionStore, type StoredSession } from '@leeway/core/adapter'
import { memoryStore } from '@leeway/core/memory'
import { defineSubject } from '../src/index.ts'

/** Records and, as a server with times to live keeps them, when each is dropped: in time that passes, whatever the date. */
interface Server {
  readonly records: Map<string, StoredSession>
  readonly drops: Map<string, number>
}

const servers = new Map<string, Server>()

export default defineSubject({
  name: 'expiring',
  open({ scratch, namespace, maxPayloadBytes, clock }) {
    const server = servers.get(scratch) ?? { records: new Map(), drops: new Map() }
    servers.set(scratch, server)
    const store = memoryStore({ records: server.records, namespace, maxPayloadBytes })
    return withTimeToLive(store, server, namespace, clock)
  },
  expiresInRealTime: true,
  discard: ({ scratch }) => void servers.delete(scratch),
})

/** Adapters on such a server send what is left until the purge time by their own clock, at least a millisecond. */
function withTimeToLive(
  store: SessionStore,
  { records, drops }: Server,
  namespace: string,
  clock: Clock,
): SessionStore {
  const drop = () => {
    for (const [key, at] of drops) if (at <= clock.monotonic() && drops.delete(key)) records.delete(key)
  }
  const expire = (id: string) => {
    const key = `${namespace}:${id}`
    const stored = records.get(key)
    if (stored) drops.set(key, clock.monotonic() + Math.max(1, stored.purgeAt - clock.now()))
  }
  const write = async <T>(id: string, call: () => Promise<T>, done: T): Promise<T> => {
    drop()
    const answer = await call()
    if (answer === done) expire(id)
    return answer
  }
  return {
    ...store,
    capabilities: Object.freeze({ ...store.capabilities, purge: 'native' }),
    create: (session) => write(session.id, () => store.create(session), 'created'),
    async load(id) {
      drop()
      return store.load(id)
    },
    update: (session, expected) => write(session.id, () => store.update(session, expected), 'saved'),
    touch: (loaded, lifetime) => write(loaded.id, () => store.touch(loaded, lifetime), 'touched'),
    async destroy(id) {
      drop()
      return store.destroy(id)
    },
    /** The server sweeps. What is asked for is checked all the same. */
    async sweep(options) {
      assertSweepOptions(options)
      await store.sweep({ ...options, cutoff: 0 })
      return { removed: 0, examined: 0 }
    },
    async list(query) {
      drop()
      return (await store.list?.(query)) ?? { sessions: [] }
    },
  }
}
