import { createHash } from 'node:crypto'
import type { SessionId, StoredSession, Version } from '@leeway/core/adapter'

/** The lifetime that rules give their records. */
export const IDLE_MS = 30 * 60_000
export const GRACE_MS = 4 * 60_000

/** Ids, versions and records as core mints them, the same in every run. */
export class Samples {
  readonly #now: () => number
  #minted = 0

  constructor(now: () => number) {
    this.#now = now
  }

  id(): SessionId {
    return Array.from(this.#bytes().subarray(0, 26), (byte) => 'abcdefghijklmnopqrstuvwxyz234567'[byte % 32]).join('')
  }

  version(): Version {
    return this.#bytes().toString('base64url').slice(0, 22)
  }

  /** A record that expires `IDLE_MS` from now and may be purged `GRACE_MS` later. */
  session(fields: Partial<StoredSession> = {}): StoredSession {
    const expiresAt = fields.expiresAt ?? this.#now() + IDLE_MS
    return {
      id: this.id(),
      version: this.version(),
      payload: `{"n":${this.#minted}}`,
      owner: null,
      expiresAt,
      purgeAt: expiresAt + GRACE_MS,
      ...fields,
    }
  }

  /** What a request that loaded `loaded` would save: a new version, a new payload, a lifetime renewed from now. */
  successor(loaded: StoredSession, fields: Partial<StoredSession> = {}): StoredSession {
    return this.session({ id: loaded.id, owner: loaded.owner, ...fields })
  }

  #bytes(): Buffer {
    return createHash('sha256')
      .update(`leeway ${++this.#minted}`)
      .digest()
  }
}
