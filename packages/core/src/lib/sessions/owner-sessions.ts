import { isSessionId } from '../adapter/checks.ts'
import type { ClientHints } from '../aside.ts'
import type { Millis } from '../clock.ts'
import { isLive } from '../expiry.ts'
import { isReservedId } from '../ids.ts'
import type { Engine } from '../records/engine.ts'
import type { StoreCaller } from '../records/store-caller.ts'
import type { ListedSession, SessionId } from '../store.ts'
import type { Revocations } from './revocations.ts'

/** A live session of an owner, as listed. */
export type SessionInfo = ListedSession

/** A live session of an owner, as a page of "your devices" shows it. */
export interface SessionDetails extends SessionInfo {
  readonly createdAt: Millis
  /**
   * When the session was last saved or extended: `touchIntervalMs` before its last use at the earliest. Less is known
   * in the last idle timeout before the absolute end, where use no longer moves `expiresAt`.
   */
  readonly lastSeenAt: Millis
  /** What `open` was told of the client that last wrote to the session; null if nothing, or where it cannot be
   * decrypted. It comes from the client, and may be a lie. */
  readonly client: ClientHints | null
}

/** One owner's sessions: what there are, and how they end. */
export class OwnerSessions {
  readonly #store: StoreCaller
  readonly #engine: Pick<Engine, 'keeper' | 'format'>
  readonly #revocations: Revocations

  constructor(store: StoreCaller, engine: Pick<Engine, 'keeper' | 'format'>, revocations: Revocations) {
    this.#store = store
    this.#engine = engine
    this.#revocations = revocations
  }

  async list(ownerId: string): Promise<SessionInfo[]> {
    const listed = new Map<SessionId, SessionInfo>()
    for await (const session of this.#store.list(ownerId)) {
      if (isReservedId(session.id) || !isLive(this.#engine.keeper.now(), session.expiresAt)) continue
      listed.set(session.id, session)
    }
    return [...listed.values()]
  }

  /** Loads each: what cannot be read opens nothing, and is left out. */
  async listDetails(ownerId: string): Promise<SessionDetails[]> {
    const details: SessionDetails[] = []
    for (const { id } of await this.list(ownerId)) {
      const found = await this.#engine.keeper.find(id)
      if (found.status !== 'live' || found.snapshot.owner !== ownerId) continue
      const { owner, expiresAt, purgeAt, header } = found.snapshot
      const { createdAt, idleMs } = header
      const client = this.#engine.format.client(found.snapshot) ?? null
      const lastSeenAt = Math.max(createdAt, expiresAt - idleMs)
      details.push({ id, owner, expiresAt, purgeAt, createdAt, lastSeenAt, client })
    }
    return details
  }

  async revoke(ownerId: string, id: SessionId): Promise<'destroyed' | 'gone'> {
    // It comes from a form: one that cannot name a session names none.
    if (!isSessionId(id)) return 'gone'
    const stored = await this.#store.load(id)
    return stored?.owner === ownerId ? this.#engine.keeper.destroy(id, ownerId) : 'gone'
  }

  async revokeAll(ownerId: string, except: SessionId | undefined): Promise<number> {
    await this.#revocations.mark(ownerId)
    let revoked = 0
    const failures: unknown[] = []
    for await (const { id } of this.#store.list(ownerId)) {
      if (id === except || isReservedId(id)) continue
      try {
        if ((await this.revoke(ownerId, id)) === 'destroyed') revoked++
      } catch (error) {
        // One that cannot be read must not keep the others alive.
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
    return revoked
  }
}
