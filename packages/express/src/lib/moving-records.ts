import type { DropInRecords, FoundSession } from '@leeway/core/records'
import type { OldStore } from './old-store.ts'

type Records = Pick<DropInRecords, 'find' | 'adopt' | 'destroy' | 'clear'>

/** Marks a session that has been copied, until it is known that nobody logged out meanwhile. */
const MARK = 'leeway:moving'

/**
 * Records that are looked for in another store as well, and moved from there when they are first asked for, under the
 * same id, so that cookies stay valid.
 *
 * A logout destroys in the old store first and here last. So a copy is marked and served to nobody until, after it was
 * made, the old store has been seen to hold the session still: had the logout begun before, it would be gone there, and
 * one that begins later finds the copy.
 */
export class MovingRecords implements Pick<DropInRecords, 'find' | 'destroy' | 'clear'> {
  readonly #records: Records
  readonly #old: OldStore
  readonly #keepsOld: boolean

  /** @param keepsOld whether the old store keeps what has been moved, until it is destroyed */
  constructor(records: Records, old: OldStore, keepsOld: boolean) {
    this.#records = records
    this.#old = old
    this.#keepsOld = keepsOld
  }

  async find(sid: string): Promise<FoundSession | undefined> {
    const found = (await this.#records.find(sid)) ?? (await this.#copied(sid))
    if (!isMarked(found)) return found
    const isHeld = await this.#old.get(sid)
    if (!isHeld) return this.#gone(sid)
    const { [MARK]: _, ...data } = found.data
    if ((await found.session.set(data, isHeld.idleTimeoutMs)) === 'gone') return undefined
    if (!this.#keepsOld) await this.#old.destroy(sid)
    return this.#records.find(sid)
  }

  async destroy(sid: string): Promise<void> {
    await this.#old.destroy(sid)
    await this.#records.destroy(sid)
  }

  async clear(): Promise<void> {
    await this.#old.clear()
    await this.#records.clear()
  }

  /** A marked copy of what the old store holds, of which there is one, whoever makes it. */
  async #copied(sid: string): Promise<FoundSession | undefined> {
    const session = await this.#old.get(sid)
    if (!session) return undefined
    await this.#records.adopt(sid, { ...session.data, [MARK]: true }, session.idleTimeoutMs)
    return this.#records.find(sid)
  }

  /** The old store no longer holds it: another request has moved it since, or somebody has logged out. */
  async #gone(sid: string): Promise<FoundSession | undefined> {
    const found = await this.#records.find(sid)
    if (!isMarked(found)) return found
    await this.#records.destroy(sid)
    return undefined
  }
}

function isMarked(found: FoundSession | undefined): found is FoundSession {
  return found !== undefined && Object.hasOwn(found.data, MARK)
}
