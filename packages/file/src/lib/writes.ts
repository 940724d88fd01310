import type { Lifetime, LoadedRef, SessionId, StoredSession, Version } from '@leeway/core/adapter'
import type { Disk } from './disk.ts'
import { isMissing } from './failures.ts'
import type { Layout } from './layout.ts'
import { nextNonce, ownerHash, type PayloadName, payloadName, type StateName, stateName } from './names.ts'
import { encodePayload } from './payload-file.ts'
import type { Recent } from './recent.ts'
import { LOOKS, type Records, type Seen } from './records.ts'

const NOTHING = { state: undefined, otherStates: [], unknown: [] }

/**
 * What changes one record. Each write takes effect in a single call of the file system, on an exact name: a rename that
 * only one of several can win, or an unlink that finds the name gone. Whoever loses looks again; that can happen only
 * because another has won.
 */
export class Writes {
  readonly #disk: Disk
  readonly #layout: Layout
  readonly #records: Records
  readonly #recent: Recent

  constructor(disk: Disk, layout: Layout, records: Records, recent: Recent) {
    this.#disk = disk
    this.#layout = layout
    this.#records = records
    this.#recent = recent
  }

  /** Writes the new payload, and makes it count by renaming the state that was seen. */
  async update(session: StoredSession, expected: Version): Promise<'saved' | 'conflict' | 'gone'> {
    const { id, version } = session
    const directory = this.#layout.session(id)
    const recent = version === expected ? undefined : this.#recent.take(id, expected)
    if (recent && (await this.#replace(session, recent, directory))) return 'saved'
    for (let looks = 0; looks < LOOKS; looks++) {
      const seen = await this.#records.look(id)
      if (seen === undefined) return 'gone'
      if (seen.payload.version === version) {
        await this.#disk.settle(directory)
        return 'saved'
      }
      if (seen.payload.version !== expected) return 'conflict'
      if (await this.#replace(session, seen, directory)) return 'saved'
    }
    throw tooBusy()
  }

  async touch({ id, version }: LoadedRef, lifetime: Lifetime): Promise<'touched' | 'conflict' | 'gone'> {
    const directory = this.#layout.session(id)
    const recent = this.#recent.take(id, version)
    if (recent && isShorter(recent.state, lifetime) && (await this.#extend(id, recent, lifetime))) return 'touched'
    for (let looks = 0; looks < LOOKS; looks++) {
      const seen = await this.#records.look(id)
      if (seen === undefined) return 'gone'
      if (seen.payload.version !== version) return 'conflict'
      if (!isShorter(seen.state, lifetime)) {
        await this.#disk.settle(directory)
        return 'touched'
      }
      if (await this.#extend(id, seen, lifetime)) return 'touched'
    }
    throw tooBusy()
  }

  /** Unlinks the state, by its exact name: what was loaded before can be saved no more. */
  async destroy(id: SessionId): Promise<'destroyed' | 'gone'> {
    const directory = this.#layout.session(id)
    for (let looks = 0, seenNone = 0; looks < LOOKS; looks++) {
      const listing = await this.#records.list(id)
      const { state, otherStates, unknown } = listing ?? NOTHING
      if (state === undefined && unknown.length === 0) {
        // One listing may be of a moment in the middle of a rename.
        if (listing && ++seenNone < 2) continue
        await this.#settleGone(id)
        return 'gone'
      }
      seenNone = 0
      // The one that counts goes last, so that no older one comes to count.
      let removed = 0
      for (const name of [...unknown, ...otherStates]) if (await this.#remove(directory, name)) removed++
      if (state ? !(await this.#remove(directory, state.name)) : removed === 0) continue
      await this.#settleGone(id)
      if (listing) await this.#disk.behind(() => this.#records.clear(id, directory, listing))
      return 'destroyed'
    }
    throw tooBusy()
  }

  /** That the session is gone is in the directory that has lost it: its own, or that of what has gone with it. */
  async #settleGone(id: SessionId): Promise<void> {
    for (const directory of [this.#layout.session(id), this.#layout.shardOf(id), this.#layout.sessions]) {
      if (await this.#disk.settle(directory)) return
    }
  }

  /** False where somebody else was first. */
  async #replace(session: StoredSession, { state, payload }: Seen, directory: string): Promise<boolean> {
    const { id, expiresAt } = session
    const next = this.#nextPayload(session, { state, payload })
    const fresh = next.binding === payload.binding ? undefined : next.binding
    const withdraw = async () => {
      await this.#records.removePayload(id, directory, next, payload.binding)
      // Who removed the session meanwhile could not remove its directory for this payload.
      await this.#records.attempt(this.#disk.rmdir(directory))
    }
    try {
      await this.#disk.create(`${directory}/${next.name}`, encodePayload(session))
    } catch (error) {
      if (isMissing(error)) return false
      await withdraw()
      throw error
    }
    try {
      if (fresh) await this.#records.enter(id, fresh)
    } catch (error) {
      await withdraw()
      throw error
    }
    const { seq, nonce } = next
    const purgeAt = Math.max(state.purgeAt, session.purgeAt)
    if (!(await this.#move(id, state, { state: stateOf({ seq, nonce, expiresAt, purgeAt }), payload: next }))) {
      await withdraw()
      return false
    }
    await this.#disk.behind(() => this.#records.removePayload(id, directory, payload, next.binding))
    return true
  }

  #nextPayload({ version, owner }: StoredSession, { state, payload }: Seen): PayloadName {
    const nonce = nextNonce()
    const hash = owner === null ? undefined : ownerHash(owner)
    const binding = hash === payload.binding?.owner ? payload.binding : hash && { owner: hash, nonce }
    const next = { seq: state.seq + 1, nonce, version, binding: binding || undefined }
    return { ...next, name: payloadName(next) }
  }

  /** False where somebody else was first. */
  #extend(id: SessionId, { state, payload }: Seen, lifetime: Lifetime): Promise<boolean> {
    const { seq, nonce } = state
    const expiresAt = Math.max(state.expiresAt, lifetime.expiresAt)
    const purgeAt = Math.max(state.purgeAt, lifetime.purgeAt)
    return this.#move(id, state, { state: stateOf({ seq: seq + 1, nonce, expiresAt, purgeAt }), payload })
  }

  /** The compare-and-set: false where the exact name is not there any more. */
  async #move(id: SessionId, from: StateName, to: Seen): Promise<boolean> {
    const directory = this.#layout.session(id)
    try {
      await this.#disk.rename(`${directory}/${from.name}`, `${directory}/${to.state.name}`)
    } catch (error) {
      if (isMissing(error)) return false
      throw error
    }
    // Where it is gone by now, somebody has removed the session, and settled that.
    await this.#disk.settle(directory)
    this.#recent.add(id, to)
    return true
  }

  /** The compare-and-delete. */
  async #remove(directory: string, name: string): Promise<boolean> {
    try {
      await this.#disk.unlink(`${directory}/${name}`)
      return true
    } catch (error) {
      if (isMissing(error)) return false
      throw error
    }
  }
}

function stateOf(fields: Omit<StateName, 'name'>): StateName {
  return { ...fields, name: stateName(fields) }
}

function isShorter(state: Lifetime, lifetime: Lifetime): boolean {
  return state.expiresAt < lifetime.expiresAt || state.purgeAt < lifetime.purgeAt
}

function tooBusy(): Error {
  return new Error(`the record changed after each of ${LOOKS} looks at it`)
}
