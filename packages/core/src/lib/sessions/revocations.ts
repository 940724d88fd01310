import type { Millis } from '../clock.ts'
import { LeewayError } from '../errors.ts'
import { markerId, mintVersion } from '../ids.ts'
import type { ResolvedOptions } from '../options.ts'
import type { StoreCaller } from '../records/store-caller.ts'

/**
 * Remembers, for as long as a login can be in flight, when an owner's sessions were last revoked: a login that checked
 * its credentials before that instant and writes its session after the revocation's listing would be missed otherwise.
 */
export class Revocations {
  readonly #store: StoreCaller
  readonly #now: () => Millis
  readonly #graceMs: Millis
  readonly #updateTimeoutMs: Millis

  constructor(store: StoreCaller, options: Pick<ResolvedOptions, 'now' | 'graceMs' | 'updateTimeoutMs'>) {
    this.#store = store
    this.#now = options.now
    this.#graceMs = options.graceMs
    this.#updateTimeoutMs = options.updateTimeoutMs
  }

  /**
   * Marks the owner as revoked now. Of several markers at once the latest instant stays.
   * @throws `ERR_UPDATE_TIMEOUT`
   */
  async mark(ownerId: string): Promise<void> {
    const id = markerId(ownerId)
    const deadline = performance.now() + this.#updateTimeoutMs
    for (;;) {
      const stored = await this.#store.load(id)
      const revokedAt = Math.max(this.#now(), stored ? readInstant(stored.payload) : 0)
      const expiresAt = revokedAt + this.#graceMs
      const marker = {
        id,
        version: mintVersion(),
        payload: JSON.stringify({ revokedAt }),
        owner: null,
        expiresAt,
        purgeAt: expiresAt + this.#graceMs,
      }
      const answer = stored ? await this.#store.update(marker, stored.version) : await this.#store.create(marker)
      if (answer === 'saved' || answer === 'created') return
      if (performance.now() >= deadline) {
        throw new LeewayError('ERR_UPDATE_TIMEOUT', 'others were first to mark this owner, again and again', {
          operation: 'revokeAll',
        })
      }
    }
  }

  /** @throws `ERR_REVOKED` if the owner was revoked at or after `credentialsCheckedAt`, or if that is too long ago to tell. */
  async assertNotSince(ownerId: string, credentialsCheckedAt: Millis): Promise<void> {
    const stored = await this.#store.load(markerId(ownerId))
    const revokedAt = stored ? readInstant(stored.payload) : Number.NEGATIVE_INFINITY
    if (revokedAt >= credentialsCheckedAt) {
      throw new LeewayError('ERR_REVOKED', "the owner's sessions were revoked after the credentials were checked", {
        operation: 'login',
      })
    }
    this.assertRecent(credentialsCheckedAt)
  }

  /** @throws `ERR_REVOKED` if the credentials were checked so long ago that a revocation since may be forgotten. */
  assertRecent(credentialsCheckedAt: Millis): void {
    if (credentialsCheckedAt + this.#graceMs < this.#now()) {
      throw new LeewayError(
        'ERR_REVOKED',
        'the credentials were checked longer ago than revocations are remembered (graceMs): check them again',
        { operation: 'login' },
      )
    }
  }
}

function readInstant(payload: string): Millis {
  try {
    const { revokedAt } = JSON.parse(payload) as { revokedAt?: unknown }
    if (Number.isSafeInteger(revokedAt)) return revokedAt as Millis
  } catch {}
  throw new LeewayError('ERR_INVALID_RECORD', "an owner's revocation marker cannot be read", { operation: 'login' })
}
