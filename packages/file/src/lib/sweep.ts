import { isSessionId, type Millis, type SessionId, type SweepOptions, type SweepResult } from '@leeway/core/adapter'
import type { Disk } from './disk.ts'
import { isMissing, isNothing } from './failures.ts'
import type { Layout } from './layout.ts'
import { parseUnfinished, type Unfinished } from './names.ts'
import { type Listing, listingOf, payloadOf, type Records } from './records.ts'
import { walk } from './walk.ts'

/** What a crash has left is cleared away after a minute, so that what is only slow is left in peace. */
const STRAY_AGE_MS = 60_000
/** So many records that cannot be looked at, and none that can, are a broken disk. */
const FAILURES = 100

/** Removes what is due, by names alone: no file is opened. On its way it clears away what crashes have left. */
export class Sweeper {
  readonly #disk: Disk
  readonly #layout: Layout
  readonly #records: Records

  constructor(disk: Disk, layout: Layout, records: Records) {
    this.#disk = disk
    this.#layout = layout
    this.#records = records
  }

  async sweep({ cutoff, limit, budgetMs, cursor = '' }: SweepOptions): Promise<SweepResult> {
    const deadline = performance.now() + budgetMs
    const count = { removed: 0, examined: 0 }
    const failures: unknown[] = []
    let visited = 0
    const fail = (error: unknown) => {
      count.examined++
      failures.push(error)
      // A few records of a kind that nobody can touch must not keep the sweep from the others.
      if (failures.length >= FAILURES && visited === 0) throw error
    }
    const walker = {
      atMost: () => limit - count.removed,
      empty: (path: string) => this.#records.attempt(this.#disk.rmdir(path)),
      unreadable: fail,
    }
    for await (const entries of walk(this.#disk, this.#layout, cursor, walker)) {
      for (const visit of await Promise.allSettled(entries.map(({ name, path }) => this.#visit(name, path, cutoff)))) {
        if (visit.status === 'fulfilled') {
          visited++
          if (visit.value !== 'kept') count.examined++
          if (visit.value === 'removed') count.removed++
        } else if (!isNothing(visit.reason)) fail(visit.reason)
      }
      if (count.removed >= limit || performance.now() >= deadline) return { ...count, cursor: entries.at(-1)?.cursor }
    }
    return { ...count, cursor: undefined }
  }

  /** `due`: it was to be removed, and was not: renewed in between, or not to be read. */
  async #visit(name: string, path: string, cutoff: Millis): Promise<'removed' | 'due' | 'kept'> {
    if (isSessionId(name)) return this.#visitSession(name, path, cutoff)
    const unfinished = parseUnfinished(name)
    if (unfinished) await this.#visitUnfinished(unfinished, path)
    return 'kept'
  }

  async #visitSession(id: SessionId, directory: string, cutoff: Millis): Promise<'removed' | 'due' | 'kept'> {
    const listing = listingOf(await this.#disk.names(directory))
    const { state, otherStates, unknown } = listing
    if (unknown.length > 0) return 'due'
    if (state === undefined) {
      await this.#clearRemains(id, directory)
      return 'kept'
    }
    if (state.purgeAt > cutoff) {
      await this.#clearOrphans(id, directory, listing)
      return 'kept'
    }
    for (const other of otherStates) await this.#records.attempt(this.#disk.unlink(`${directory}/${other}`))
    try {
      // Whoever has renewed the session has renamed the state, and this name is not there any more.
      await this.#disk.unlink(`${directory}/${state.name}`)
    } catch (error) {
      if (isMissing(error)) return 'due'
      throw error
    }
    await this.#records.clear(id, directory, listing)
    return 'removed'
  }

  /**
   * A payload that does not count and was meant for a state not ahead of the present one can never come to count: the
   * name that it was to follow is gone. So its age does not matter.
   */
  async #clearOrphans(id: SessionId, directory: string, listing: Listing): Promise<void> {
    const { state } = listing
    const current = state && payloadOf(listing, state)
    if (!current) return
    for (const payload of listing.payloads) {
      if (payload.seq > state.seq || payload.nonce === state.nonce) continue
      await this.#records.removePayload(id, directory, payload, current.binding)
    }
  }

  /** What a removal has left that did not get to its end. */
  async #clearRemains(id: SessionId, directory: string): Promise<void> {
    if (!(await this.#isOld(directory))) return
    const again = listingOf(await this.#disk.names(directory))
    if (again.state === undefined && again.unknown.length === 0) await this.#records.clear(id, directory, again)
  }

  /** Put aside first, so that a create that was only slow fails, and does not move what is half cleared away into place. */
  async #visitUnfinished({ id, isPutAside }: Unfinished, path: string): Promise<void> {
    if (isPutAside) return this.#records.removeUnfinished(id, path)
    if (!(await this.#isOld(path))) return
    const aside = `${path}.gone`
    await this.#disk.rename(path, aside)
    await this.#records.removeUnfinished(id, aside)
  }

  async #isOld(directory: string): Promise<boolean> {
    return Date.now() - (await this.#disk.modifiedAt(directory)) >= STRAY_AGE_MS
  }
}
