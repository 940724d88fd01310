import { assertKnownOptions } from '../adapter/checks.ts'
import type { ClientHints } from '../aside.ts'
import type { Millis } from '../clock.ts'
import type { LeewayError } from '../errors.ts'
import { type MissEvent, publish } from '../events.ts'
import { Exclusives, type Hold } from '../exclusive/exclusive.ts'
import { checkedExclusiveOptions, type ExclusiveOptions } from '../exclusive/exclusive-options.ts'
import { FencedWriter } from '../exclusive/fenced-writer.ts'
import { Leases } from '../exclusive/leases.ts'
import { invalid } from '../options.ts'
import { Engine } from '../records/engine.ts'
import type { LiveRecord } from '../records/live-record.ts'
import { StoreCaller } from '../records/store-caller.ts'
import type { SessionId } from '../store.ts'
import type { SweepBatchOptions, SweepCount, Sweeper, SweeperOptions } from '../sweep/sweeper.ts'
import { assertSpan } from '../timeouts.ts'
import { keptHints } from './client-hints.ts'
import { confirmed, recognise, soleSecret } from './credentials.ts'
import { assertOwnerId } from './owner-id.ts'
import { OwnerSessions, type SessionDetails, type SessionInfo } from './owner-sessions.ts'
import { Revocations } from './revocations.ts'
import { Session } from './session.ts'
import type { ListOptions, OpenOptions, SessionContext } from './session-types.ts'
import type { RevokeAllOptions, SchemedOptions, Sessions, SessionsOptions } from './sessions-api.ts'
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
export function createSessions<Data extends object, Flash extends object = Record<string, unknown>>(
  options: SchemedOptions<Data>,
): Sessions<Data, Flash>
export function createSessions<
  Data extends object = Record<string, unknown>,
  Flash extends object = Record<string, unknown>,
>(options: SessionsOptions<Data>): Sessions<Data, Flash>
export function createSessions<Data extends object, Flash extends object>(
  options: SessionsOptions<Data>,
): Sessions<Data, Flash> {
  return new SessionManager(options)
}

class SessionManager<Data extends object, Flash extends object> implements Sessions<Data, Flash> {
  readonly #engine: Engine
  readonly #overlapMs: Millis
  readonly #initialText: () => string
  readonly #owners: OwnerSessions
  readonly #exclusives: Exclusives
  readonly #firstIdleMs: Millis | undefined
  readonly #context: SessionContext

  constructor(options: SessionsOptions<Data>) {
    this.#engine = new Engine(options, ['initialData', 'overlapMs', 'firstIdleTimeoutMs'])
    const { initialData = () => ({}), overlapMs = 30_000, firstIdleTimeoutMs } = options
    if (typeof initialData !== 'function') invalid('initialData', 'a function')
    assertSpan(overlapMs, 'overlapMs', 0)
    const { store, now, clock, codec, graceMs, idleTimeoutMs } = this.#engine.options
    if (firstIdleTimeoutMs !== undefined) assertSpan(firstIdleTimeoutMs, 'firstIdleTimeoutMs')
    if ((firstIdleTimeoutMs ?? 0) > idleTimeoutMs) invalid('firstIdleTimeoutMs', 'at most idleTimeoutMs')
    this.#firstIdleMs = firstIdleTimeoutMs
    this.#overlapMs = overlapMs
    this.#initialText = () => this.#engine.format.initial(initialData())
    const caller = new StoreCaller(store)
    const revocations = new Revocations(caller, this.#engine.options)
    this.#owners = new OwnerSessions(caller, this.#engine, revocations)
    this.#exclusives = new Exclusives(new Leases(caller, clock, graceMs), clock)
    this.#context = {
      now,
      codec,
      revocations,
      run: (operation, work) => this.#engine.run(operation, work),
      begin: (client) => this.#begin(client),
      reload: async (id) => {
        const found = await this.#engine.keeper.find(id)
        return 'snapshot' in found ? found.snapshot : undefined
      },
    }
  }

  open(token?: string | null, options: OpenOptions = {}): Promise<Session<Data, Flash>> {
    return this.#engine.run('open', () => {
      assertKnownOptions(options, ['client'], 'open')
      return this.#open(token, keptHints(options.client))
    })
  }

  async exclusive<T>(
    token: string | null | undefined,
    work: (session: Session<Data, Flash>) => T | PromiseLike<T>,
    options: ExclusiveOptions = {},
  ): Promise<T> {
    const spans = checkedExclusiveOptions(options)
    if (typeof work !== 'function') invalid('work', 'a function')
    return this.#engine.run('exclusive', async () => {
      const within = async (hold: Hold) => work(await this.#open(token, undefined, hold))
      const id = await this.#identify(token)
      return id === undefined ? this.#exclusives.alone(within) : this.#exclusives.run(id, spans, within)
    })
  }

  list(ownerId: string): Promise<SessionInfo[]>
  list(ownerId: string, options: ListOptions): Promise<SessionDetails[]>
  async list(ownerId: string, options: { readonly details?: boolean } = {}): Promise<SessionInfo[]> {
    assertOwnerId(ownerId, 'list')
    assertKnownOptions(options, ['details'], 'list')
    const { details = false } = options
    if (typeof details !== 'boolean') invalid('details', 'true or false')
    return this.#engine.run('list', () => (details ? this.#owners.listDetails(ownerId) : this.#owners.list(ownerId)))
  }

  async revoke(ownerId: string, id: SessionId): Promise<'destroyed' | 'gone'> {
    assertOwnerId(ownerId, 'revoke')
    return this.#engine.run('revoke', () => this.#owners.revoke(ownerId, id))
  }

  async revokeAll(ownerId: string, options: RevokeAllOptions = {}): Promise<number> {
    assertOwnerId(ownerId, 'revokeAll')
    assertKnownOptions(options, ['except'], 'revokeAll')
    return this.#engine.run('revokeAll', () => this.#owners.revokeAll(ownerId, options.except))
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

  async #open(
    token: string | null | undefined,
    client: ClientHints | undefined,
    hold?: Hold,
  ): Promise<Session<Data, Flash>> {
    this.#engine.sweepByChance()
    const session = await this.#resume(token, client, hold)
    if (session === undefined || session === 'overtaken') {
      const opening = { ...this.#begin(client), presented: undefined, isOvertaken: session === 'overtaken' }
      return new Session<Data, Flash>(this.#contextIn(hold), opening)
    }
    publish('leeway:session:open', () => ({ id: session.id, owner: session.owner }))
    return session
  }

  /** The id of the live session that the token opens, as far as one look tells; whoever knows an id alone opens none. */
  async #identify(text: string | null | undefined): Promise<SessionId | undefined> {
    const token = parseToken(text)
    if (!token) return undefined
    const found = await this.#engine.keeper.find(token.id)
    const credentials = found.status === 'live' && found.snapshot.header.credentials
    const presented = credentials ? recognise(credentials, hashSecret(token.secret), this.#context.now()) : 'wrong'
    return presented === 'wrong' || presented === 'retired' ? undefined : token.id
  }

  #contextIn(hold: Hold | undefined): SessionContext {
    return hold ? { ...this.#context, run: hold.run } : this.#context
  }

  /** The live session that the token opens; otherwise a new one is to be begun. */
  async #resume(
    text: string | null | undefined,
    client: ClientHints | undefined,
    hold: Hold | undefined,
  ): Promise<Session<Data, Flash> | 'overtaken' | undefined> {
    const token = parseToken(text)
    if (!token) {
      if (text) publish('leeway:session:miss', () => ({ id: undefined, reason: 'malformed' }))
      return undefined
    }
    const hash = hashSecret(token.secret)
    const found = await this.#engine.keeper.find(token.id)
    if (!('snapshot' in found)) return miss(token.id, found.status, found.error)
    const { id, owner, header } = found.snapshot
    const presented = header.credentials ? recognise(header.credentials, hash, this.#context.now()) : 'wrong'
    if (presented === 'wrong') {
      miss(id, 'wrong-secret')
      // A request lasts no longer than the grace, so after that this one was not sent before the login.
      const loggedInAt = header.absoluteAt - header.absoluteMs
      const isOvertaken = owner !== null && this.#context.now() < loggedInAt + this.#engine.options.graceMs
      return found.status === 'live' && isOvertaken ? 'overtaken' : undefined
    }
    if (presented === 'retired') {
      publish('leeway:session:theft', () => ({ id, owner }))
      return undefined
    }
    if (found.status === 'expired') {
      publish('leeway:session:expired', () => ({ id, owner }))
      return undefined
    }
    const record = this.#engine.resume(found.snapshot)
    if (!record) return undefined
    record.client = client
    if (presented === 'pending' && !(await this.#confirm(record, hash))) return undefined
    if (hold) record.writer = new FencedWriter(this.#engine.keeper, hold.isHeld)
    const nonce = presented === 'current' ? header.credentials?.pending?.nonce : undefined
    return new Session<Data, Flash>(this.#contextIn(hold), {
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

  #begin(client: ClientHints | undefined): ReturnType<SessionContext['begin']> {
    let secret = ''
    const record = this.#engine.begin(this.#initialText(), () => {
      secret = mintSecret()
      return {
        credentials: soleSecret(secret),
        ...(this.#firstIdleMs !== undefined && { firstIdleMs: this.#firstIdleMs }),
      }
    })
    record.client = client
    return { record, secret: () => secret }
  }
}

function miss(id: SessionId, reason: MissEvent['reason'], error?: LeewayError): undefined {
  publish('leeway:session:miss', () => ({ id, reason, error }))
}
