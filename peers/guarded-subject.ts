import {
  LeewayError,
  type Lifetime,
  type LoadedRef,
  type SessionStore,
  type StoredSession,
} from '../packages/core/src/adapter.ts'
import { defineSubject, type Step, type Subject } from '../test-harness/src/index.ts'
import { follow } from './clock.ts'
import { destroy, type ExpressSession, type ExpressStore, get, sessionOf, set, touch } from './express-api.ts'
import { expressSession, type OpenPeer, type Peer, type Services } from './peer.ts'
import { withSteps } from './stepped-fs.ts'

/**
 * leeway's contract on top of a store for express-session, as well as it can be had there: before it writes, it looks
 * whether the session is still there and still has the version that was loaded. `step` comes before each call of the
 * peer or, where such a call is several of node:fs, before each of those.
 */
export function guardedSubject(peer: Peer, services: Services): Subject {
  return defineSubject({
    name: peer.name,
    async open({ scratch, namespace, clock, step }) {
      follow(clock)
      const handle = await peer.open(scratch, services)
      return new GuardedStore(peer, handle, services, namespace, step)
    },
    discard: async ({ scratch }) => void (await peer.discard?.(scratch, services)),
  })
}

class GuardedStore implements SessionStore {
  readonly capabilities = Object.freeze({
    survives: 'nothing',
    sharedBy: 'process',
    // The API has no sweep that is told a cutoff.
    purge: 'native',
    list: false,
    failover: 'none',
    maxPayloadBytes: 1_048_576,
  } as const)
  readonly #peer: Peer
  readonly #handle: OpenPeer
  readonly #services: Services
  readonly #namespace: string
  readonly #step: Step

  constructor(peer: Peer, handle: OpenPeer, services: Services, namespace: string, step: Step) {
    this.#peer = peer
    this.#handle = handle
    this.#services = services
    this.#namespace = namespace
    this.#step = step
  }

  async create(session: StoredSession): Promise<'created' | 'exists'> {
    const stored = await this.load(session.id)
    if (stored) return stored.version === session.version ? 'created' : 'exists'
    await this.#set(session)
    return 'created'
  }

  async load(id: string): Promise<StoredSession | undefined> {
    const session = await this.#call('get', (store) => get(store, this.#sid(id)))
    return session && { id, ...fieldsOf(session) }
  }

  async update(session: StoredSession, expected: string): Promise<'saved' | 'conflict' | 'gone'> {
    const stored = await this.load(session.id)
    if (!stored) return 'gone'
    if (stored.version === session.version) return 'saved'
    if (stored.version !== expected) return 'conflict'
    await this.#set({ ...session, purgeAt: Math.max(stored.purgeAt, session.purgeAt) })
    return 'saved'
  }

  async touch(loaded: LoadedRef, { expiresAt, purgeAt }: Lifetime): Promise<'touched' | 'conflict' | 'gone'> {
    const stored = await this.load(loaded.id)
    if (!stored) return 'gone'
    if (stored.version !== loaded.version) return 'conflict'
    const renewed = this.#sessionOf({ ...stored, expiresAt, purgeAt })
    return (await this.#call('touch', (store) => touch(store, this.#sid(loaded.id), renewed))) ? 'touched' : 'gone'
  }

  async destroy(id: string): Promise<'destroyed' | 'gone'> {
    const stored = await this.load(id)
    await this.#call('destroy', (store) => destroy(store, this.#sid(id)))
    return stored ? 'destroyed' : 'gone'
  }

  async sweep(): Promise<never> {
    throw new LeewayError('ERR_UNSUPPORTED', 'the API has no sweep', { operation: 'sweep' })
  }

  async close(): Promise<void> {
    await this.#handle.close?.()
  }

  #set(session: StoredSession): Promise<void> {
    return this.#call('set', (store) => set(store, this.#sid(session.id), this.#sessionOf(session)))
  }

  async #call<T>(name: string, call: (store: ExpressStore) => Promise<T>): Promise<T> {
    if (this.#peer.isStepped) return withSteps(this.#step, () => call(this.#handle.store))
    await this.#step(name)
    return call(this.#handle.store)
  }

  /** The API has no namespaces, so they are part of the id. */
  #sid(id: string): string {
    return `${this.#namespace}.${id}`
  }

  #sessionOf({ id: _, ...fields }: StoredSession): ExpressSession {
    return sessionOf(expressSession(this.#services).Cookie, fields, fields.expiresAt)
  }
}

function fieldsOf({ version, payload, owner, expiresAt, purgeAt }: ExpressSession): Omit<StoredSession, 'id'> {
  return { version, payload, owner, expiresAt, purgeAt } as Omit<StoredSession, 'id'>
}
