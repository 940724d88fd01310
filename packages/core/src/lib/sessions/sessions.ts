import { assertKnownOptions, isSessionId } from '../adapter/checks.ts'
import type { Millis } from '../clock.ts'
import { encodeDocument } from '../data/document.ts'
import { type MissEvent, publish } from '../events.ts'
import { Exclusives, type Hold } from '../exclusive/exclusive.ts'
import { checkedExclusiveOptions, type ExclusiveOptions } from '../exclusive/exclusive-options.ts'
import { FencedWriter } from '../exclusive/fenced-writer.ts'
import { Leases } from '../exclusive/leases.ts'
import { isLive } from '../expiry.ts'
import { isReservedId } from '../ids.ts'
import { invalid } from '../options.ts'
import { Engine } from '../records/engine.ts'
import type { LiveRecord } from '../records/live-record.ts'
import { StoreCaller } from '../records/store-caller.ts'
import type { SessionId } from '../store.ts'
import type { SweepBatchOptions, SweepCount, Sweeper, SweeperOptions } from '../sweep/sweeper.ts'
import { assertSpan } from '../timeouts.ts'
import { confirmed, recognise, soleSecret } from './credentials.ts'
import { assertOwnerId } from './owner-id.ts'
import { Revocations } from './revocations.ts'
import { Session } from './session.ts'
import type { SessionContext } from './session-types.ts'
import type { RevokeAllOptions, SessionInfo, Sessions, SessionsOptions } from './sessions-api.ts'
import { deriveSecret, hashSecret, mintSecret, parseToken } from './token.ts'

/**
 * Web sessions on a store.
 *
 * @throws `ERR_INVALID_OPTION`
 * @example
 * import { createSessions } from '@leeway/core'
 * import { memoryStore } from '@leeway/core/memory'
 *
 * const sessions = createSessions({ store: memoryStore(), initialData: () => ({ visits: 0 }) })
 * const session = await sessions.open(undefined)
 * await session.update((data) => { data.visits++ })
 * const { token } = await session.save() // send it as the cookie
 * const again = await sessions.open(token)
 * console.log(again.data.visits) // 1
 * await sessions.close()
 */
export function createSessions<Data extends object = Record<string, unknown>>(
  options: SessionsOptions<Data>,
): Sessions<Data> {
  return new SessionManager(options)
}

class SessionManager<Data extends object> implements Sessions<Data> {
  readonly #engine: Engine
  readonly #overlapMs: Millis
  readonly #initialText: () => string
  readonly #store: StoreCaller
  readonly #revocations: Revocations
  readonly #exclusives: Exclusives
  readonly #context: SessionContext

  constructor(options: SessionsOptions<Data>) {
    this.#engine = new Engine(options, ['initialData', 'overlapMs'])
    const { initialData = () => ({}), overlapMs = 30_000 } = options
    if (typeof initialData !== 'function') invalid('initialData', 'a function')
    assertSpan(overlapMs, 'overlapMs', 0)
    const { store, now, codec, clock, graceMs } = this.#engine.options
    this.#overlapMs = overlapMs
    this.#initialText = () => encodeDocument(codec, initialData())
    this.#store = new StoreCaller(store)
    this.#revocations = new Revocations(this.#store, this.#engine.options)
    this.#exclusives = new Exclusives(new Leases(this.#store, clock, graceMs), clock)
    this.#context = {
      now,
      revocations: this.#revocations,
      run: (operation, work) => this.#engine.run(operation, work),
      begin: () => this.#begin(),
      reload: async (id) => {
        const found = await this.#engine.keeper.find(id)
        return 'snapshot' in found ? found.snapshot : undefined
      },
    }
  }

  open(token?: string | null): Promise<Session<Data>> {
    return this.#engine.run('open', () => this.#open(token))
  }

  async exclusive<T>(
    token: string | null | undefined,
    work: (session: Session<Data>) => T | PromiseLike<T>,
    options: ExclusiveOptions = {},
  ): Promise<T> {
    const spans = checkedExclusiveOptions(options)
    if (typeof work !== 'function') invalid('work', 'a function')
    return this.#engine.run('exclusive', async () => {
      const within = async (hold: Hold) => work(await this.#open(token, hold))
      const id = await this.#identify(token)
      return id === undefined ? this.#exclusives.alone(within) : this.#exclusives.run(id, spans, within)
    })
  }

  async list(ownerId: string): Promise<SessionInfo[]> {
    assertOwnerId(ownerId, 'list')
    return this.#engine.run('list', async () => {
      const listed = new Map<SessionId, SessionInfo>()
      for await (const session of this.#store.list(ownerId)) {
        if (isReservedId(session.id) || !isLive(this.#context.now(), session.expiresAt)) continue
        listed.set(session.id, session)
      }
      return [...listed.values()]
    })
  }

  async revoke(ownerId: string, id: SessionId): Promise<'destroyed' | 'gone'> {
    assertOwnerId(ownerId, 'revoke')
    // It comes from a form: one that cannot name a session names none.
    if (!isSessionId(id)) return 'gone'
    return this.#engine.run('revoke', () => this.#revoke(ownerId, id))
  }

  async revokeAll(ownerId: string, options: RevokeAllOptions = {}): Promise<number> {
    assertOwnerId(ownerId, 'revokeAll')
    assertKnownOptions(options, ['except'], 'revokeAll')
    const { except } = options
    return this.#engine.run('revokeAll', async () => {
      await this.#revocations.mark(ownerId)
      let revoked = 0
      const failures: unknown[] = []
      for await (const { id } of this.#store.list(ownerId)) {
        if (id === except || isReservedId(id)) continue
        try {
          if ((await this.#revoke(ownerId, id)) === 'destroyed') revoked++
        } catch (error) {
          // One that cannot be read must not keep the others alive.
          failures.push(error)
        }
      }
      if (failures.length > 0) throw failures[0]
      return revoked
    })
  }

  sweep(options?: SweepBatchOptions): Promise<SweepCount> {
    return this.#engine.sweep(options)
  }

  startSweeper(options?: SweeperOptions): Sweeper {
    return this.#engine.startSweeper(options)
  }

  close(): Promise<void> {
    return this.#engine.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #open(token: string | null | undefined, hold?: Hold): Promise<Session<Data>> {
    this.#engine.sweepByChance()
    const session = await this.#resume(token, hold)
    if (session) publish('leeway:session:open', () => ({ id: session.id, owner: session.owner }))
    return session ?? new Session<Data>(this.#contextIn(hold), { ...this.#begin(), presented: undefined })
  }

  /** The id of the live session that the token opens, as far as one look tells; whoever knows an id alone opens none. */
  async #identify(text: string | null | undefined): Promise<SessionId | undefined> {
    const token = parseToken(text)
    if (!token) return undefined
    const found = await this.#engine.keeper.find(token.id)
    const credentials = found.status === 'live' && found.snapshot.header.credentials
    if (!credentials) return undefined
    const presented = recognise(credentials, hashSecret(token.secret), this.#context.now())
    return presented === 'wrong' || presented === 'retired' ? undefined : token.id
  }

  #contextIn(hold: Hold | undefined): SessionContext {
    return hold ? { ...this.#context, run: hold.run } : this.#context
  }

  /** The live session that the token opens; `undefined` where a new one is to be begun. */
  async #resume(text: string | null | undefined, hold?: Hold): Promise<Session<Data> | undefined> {
    const token = parseToken(text)
    if (!token) {
      if (text) publish('leeway:session:miss', () => ({ id: undefined, reason: 'malformed' }))
      return undefined
    }
    const hash = hashSecret(token.secret)
    const found = await this.#engine.keeper.find(token.id)
    if (!('snapshot' in found)) return miss(token.id, found.status)
    const { id, owner, header } = found.snapshot
    const presented = header.credentials ? recognise(header.credentials, hash, this.#context.now()) : 'wrong'
    if (presented === 'wrong') return miss(id, 'wrong-secret')
    if (presented === 'retired') {
      publish('leeway:session:theft', () => ({ id, owner }))
      return undefined
    }
    if (found.status === 'expired') {
      publish('leeway:session:expired', () => ({ id, owner }))
      return undefined
    }
    const record = this.#engine.resume(found.snapshot)
    if (!record) return miss(id, 'undecodable')
    if (presented === 'pending' && !(await this.#confirm(record, hash))) return undefined
    if (hold) record.writer = new FencedWriter(this.#engine.keeper, hold.isHeld)
    const nonce = presented === 'current' ? header.credentials?.pending?.nonce : undefined
    return new Session<Data>(this.#contextIn(hold), {
      record,
      presented: presented === 'previous' ? undefined : token.secret,
      secret: nonce === undefined ? undefined : () => deriveSecret(token.secret, nonce),
    })
  }

  /** A pending secret becomes current by being presented; false if the session was logged in to or revoked meanwhile. */
  async #confirm(record: LiveRecord, hash: string): Promise<boolean> {
    const outcome = await record.alter('rotate', ({ header }, now) => {
      const { credentials } = header
      if (credentials?.pending?.hash !== hash) return undefined
      return { ...header, credentials: confirmed(credentials, now, this.#overlapMs) }
    })
    return 'snapshot' in outcome
  }

  #begin(): ReturnType<SessionContext['begin']> {
    let secret = ''
    const record = this.#engine.begin(this.#initialText(), () => {
      secret = mintSecret()
      return soleSecret(secret)
    })
    return { record, secret: () => secret }
  }

  async #revoke(ownerId: string, id: SessionId): Promise<'destroyed' | 'gone'> {
    const stored = await this.#store.load(id)
    return stored?.owner === ownerId ? this.#engine.keeper.destroy(id, ownerId) : 'gone'
  }
}

function miss(id: SessionId, reason: MissEvent['reason']): undefined {
  publish('leeway:session:miss', () => ({ id, reason }))
}
