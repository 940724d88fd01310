import type { Millis } from '../clock.ts'
import type { Header, Snapshot } from '../envelope.ts'
import type { Version } from '../store.ts'
import { holds } from './snapshot.ts'

/** A change of the header that waits for the next save. */
export interface Later {
  readonly header: (header: Header, now: Millis) => Header
  /** Whether it is reason enough to store a session that would not be stored without it. */
  readonly creates: boolean
}

/** A save of unknown outcome: the version that it would have made, and what it would have written from here. */
export interface LostSave {
  readonly version: Version
  readonly ours: string
  readonly later: readonly Later[]
}

const LOST_KEPT = 8

/** What of one handle waits for its next save: changes of the header, and saves that may yet turn out to be stored. */
export class Unsettled {
  #later: readonly Later[] = []
  #lost: readonly LostSave[] = []

  /** What the next save has to write. */
  get later(): readonly Later[] {
    return this.#later
  }

  get hasLost(): boolean {
    return this.#lost.length > 0
  }

  add(later: Later): void {
    this.#later = [...this.#later, later]
  }

  lost(save: LostSave): void {
    this.#lost = [...this.#lost, save].slice(-LOST_KEPT)
  }

  /** After a save that has written `later`. */
  saved(later: readonly Later[]): void {
    this.#later = this.#later.filter((one) => !later.includes(one))
    this.#lost = []
  }

  /** The lost save that turns out to be stored: what it has written is written no second time. */
  landedIn(current: Snapshot): LostSave | undefined {
    const landed = this.#lost.findLast(({ version }) => holds(current, version))
    if (landed) this.saved(landed.later)
    return landed
  }

  /** The header with those of `later` that still wait. */
  apply(later: readonly Later[], header: Header, now: Millis): Header {
    return later.reduce((changed, one) => (this.#later.includes(one) ? one.header(changed, now) : changed), header)
  }
}
