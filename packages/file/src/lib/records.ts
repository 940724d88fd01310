import type { SessionId, StoredSession } from '@leeway/core/adapter'
import type { Disk } from './disk.ts'
import { codeOf, DamagedRecord, isMissing, isNothing, isOccupied } from './failures.ts'
import type { Layout } from './layout.ts'
import { type Binding, type PayloadName, parsePayload, parseState, type StateName } from './names.ts'
import { decodePayload, payloadFileBytes } from './payload-file.ts'
import type { Recent } from './recent.ts'

/**
 * How often a look at names that others are changing is repeated. A touch is quicker than an update: against three
 * processes that touch one session without a pause, updates lost up to 74 times in a row, and once 100 times
 * (`races/file-processes.test.ts`).
 */
export const LOOKS = 1_000

/** What a session's directory lists. */
export interface Listing {
  /** The state that counts; one that a listing shows beside it has just been renamed to it. */
  readonly state: StateName | undefined
  readonly otherStates: readonly string[]
  readonly payloads: readonly PayloadName[]
  /** Names like the store's own that are none. */
  readonly unknown: readonly string[]
}

/** A record as its names tell it. */
export interface Seen {
  readonly state: StateName
  readonly payload: PayloadName
}

/** What the operations on one record, the sweep and the list have in common: looking at names, and clearing away. */
export class Records {
  readonly #disk: Disk
  readonly #layout: Layout

  constructor(disk: Disk, layout: Layout) {
    this.#disk = disk
    this.#layout = layout
  }

  /** Undefined where there is no directory. Throws where that is because the store's own has gone. */
  async list(id: SessionId): Promise<Listing | undefined> {
    try {
      return listingOf(await this.#disk.names(this.#layout.session(id)))
    } catch (error) {
      if (!isMissing(error)) throw error
      await this.assertThere('sessions')
      return undefined
    }
  }

  /** What is missing is a session, or an owner's entry, only if the directory that would hold it is there. */
  async assertThere(part: 'sessions' | 'owners'): Promise<void> {
    try {
      await this.#disk.access(this.#layout[part])
    } catch (error) {
      if (!isMissing(error)) throw error
      throw new Error(`the store's directory is gone, or its part ${part}`, { cause: error })
    }
  }

  /** Undefined where there is no record. Throws where there is one that cannot be told from its names. */
  async look(id: SessionId): Promise<Seen | undefined> {
    let before: Listing | undefined
    for (let looks = 0; looks < LOOKS; looks++) {
      const listing = await this.list(id)
      if (listing === undefined) return undefined
      if (listing.unknown.length > 0) throw new DamagedRecord('a name in its directory says nothing')
      const { state } = listing
      const payload = state && payloadOf(listing, state)
      if (state && payload) return { state, payload }
      // One listing may be of a moment in the middle of a rename. What two agree on is so.
      if (before && before.state?.name === state?.name) {
        if (state === undefined) return undefined
        throw new DamagedRecord('its payload is missing')
      }
      before = listing
    }
    throw new Error(`the record changed during each of ${LOOKS} looks at it`)
  }

  async load(id: SessionId, recent?: Recent): Promise<StoredSession | undefined> {
    for (let looks = 0; looks < LOOKS; looks++) {
      const seen = await this.look(id)
      if (seen === undefined) return undefined
      try {
        const session = await this.#read(id, seen)
        recent?.add(id, seen)
        return session
      } catch (error) {
        if (codeOf(error) === 'ELOOP') throw new DamagedRecord('its payload is a link')
        // Updated meanwhile: look again.
        if (!isMissing(error)) throw error
      }
    }
    throw new Error(`the record was replaced after each of ${LOOKS} looks at it`)
  }

  #read(id: SessionId, { state, payload }: Seen): Promise<StoredSession> {
    const { expiresAt, purgeAt } = state
    return this.#disk.read(`${this.#layout.session(id)}/${payload.name}`, payloadFileBytes, (file) => ({
      ...decodePayload(file, id, payload.version),
      expiresAt,
      purgeAt,
    }))
  }

  /** Makes the entry by which the owner's sessions are found. It comes before the write that binds, and goes after it. */
  async enter(id: SessionId, binding: Binding): Promise<void> {
    const [entry, bucket] = [this.#layout.entry(id, binding), this.#layout.bucket(binding.owner)]
    try {
      await this.#disk.create(entry)
    } catch (error) {
      if (!isMissing(error)) throw error
      await this.assertThere('owners')
      await this.ensureDirectory(bucket)
      await this.#disk.settle(this.#layout.owners)
      await this.#disk.create(entry)
    }
    await this.#disk.settle(bucket)
  }

  /** A directory that the store has made at its opening must hold it. */
  async ensureDirectory(path: string): Promise<void> {
    await this.#disk.mkdir(path).catch((error: unknown) => {
      if (isMissing(error)) throw new Error("a part of the store's directory is gone", { cause: error })
      if (!isOccupied(error)) throw error
    })
  }

  /** Removes what is left of a session that has no state any more. Nobody can bring it back, so nothing here has to succeed. */
  async clear(id: SessionId, directory: string, listing: Listing): Promise<void> {
    for (const payload of listing.payloads) await this.removePayload(id, directory, payload, undefined)
    for (const name of listing.unknown) await this.attempt(this.#disk.unlink(`${directory}/${name}`))
    await this.attempt(this.#disk.rmdir(directory))
  }

  /** Removes what was never put in its place, or was put aside. */
  async removeUnfinished(id: SessionId, directory: string): Promise<void> {
    const names = await this.#disk.names(directory).catch(() => [])
    const listing = listingOf(names)
    const states = [...(listing.state ? [listing.state.name] : []), ...listing.otherStates]
    for (const name of states) await this.attempt(this.#disk.unlink(`${directory}/${name}`))
    await this.clear(id, directory, listing)
  }

  /** The entry goes first: a payload is what leads to it, so one whose entry cannot be removed stays. */
  async removePayload(
    id: SessionId,
    directory: string,
    { binding, name }: PayloadName,
    kept: Binding | undefined,
  ): Promise<void> {
    if (binding && binding.nonce !== kept?.nonce) {
      const error = await this.#disk.unlink(this.#layout.entry(id, binding)).catch((error: unknown) => error)
      if (error && !isNothing(error)) return
    }
    await this.attempt(this.#disk.unlink(`${directory}/${name}`))
  }

  /** For clearing away, whose failure is no caller's concern: the next sweep finds what is left. */
  async attempt(call: Promise<void>): Promise<void> {
    await call.catch(() => {})
  }
}

export function listingOf(names: readonly string[]): Listing {
  const states: StateName[] = []
  const payloads: PayloadName[] = []
  const unknown: string[] = []
  for (const name of names) {
    if (name.startsWith('s.')) {
      const state = parseState(name)
      if (state) states.push(state)
      else unknown.push(name)
    } else if (name.startsWith('p.')) {
      const payload = parsePayload(name)
      if (payload) payloads.push(payload)
      else unknown.push(name)
    }
  }
  const state = states.reduce<StateName | undefined>(
    (top, next) => (top && top.seq >= next.seq ? top : next),
    undefined,
  )
  return { state, otherStates: states.filter((one) => one !== state).map(({ name }) => name), payloads, unknown }
}

export function payloadOf({ payloads }: Listing, state: StateName): PayloadName | undefined {
  return payloads.find(({ nonce }) => nonce === state.nonce)
}
