import type { SessionId } from '@leeway/core/adapter'

/** What a load shows of a session: the marks of its updates, and how far its touches have moved its end. */
export interface Seen {
  readonly marks: readonly number[]
  readonly end: number
}

/** How a write was answered: `refused` is a lost compare-and-set, `absent` says that there is no such session. */
export type Answer = 'done' | 'refused' | 'absent'

/** What is known of one session: every write that was acknowledged, and every answer that did not fit. */
export class Entry {
  readonly owner: string | null
  /** Updated by several callers at once, and so never touched: an update under way would move its end back. */
  readonly isShared: boolean
  isBusy = false
  isCreated = false
  /** Whether a write failed or was refused: it may still be carried out. */
  isUnsettled = false
  isDestroySent = false
  isDestroyed = false
  /** Whether the destroy found something, as far as it said. */
  wasThere = true
  readonly marks = new Set<number>()
  readonly touches = new Set<number>()
  /** Answers that there is no such session, although it had been created and nobody had begun to destroy it. */
  absences = 0
  /** Lists of the owner's sessions that did not have it. */
  omissions = 0
  /** Marks that had been acknowledged before a load began that did not show them, and how many such loads there were. */
  readonly missing = new Map<number, number>()
  /** Loads that did not show what later ones did. */
  stale = 0
  /** Loads that showed it although it had been destroyed before they began. */
  sightings = 0

  constructor(owner: string | null, isShared: boolean) {
    this.owner = owner
    this.isShared = isShared
  }

  get isExpected(): boolean {
    return this.isCreated && !this.isDestroySent
  }

  /** Writes that were acknowledged, the creation among the marks. */
  get acknowledged(): number {
    return this.marks.size + this.touches.size + Number(this.isDestroyed)
  }

  /** Compares what a load finds with what had been acknowledged before it began. */
  async observe(load: () => Promise<Seen | undefined>): Promise<void> {
    const { isExpected, isDestroyed } = this
    const before = [...this.marks]
    const seen = await load()
    if (seen === undefined) {
      if (isExpected && this.isExpected) this.absences++
      return
    }
    if (isDestroyed) this.sightings++
    this.compare(before, seen)
  }

  compare(acknowledged: readonly number[], seen: Seen): void {
    const marks = new Set(seen.marks)
    for (const mark of acknowledged) {
      const times = this.missing.get(mark) ?? 0
      if (marks.has(mark)) {
        this.stale += times
        this.missing.delete(mark)
      } else {
        this.missing.set(mark, times + 1)
      }
    }
  }
}

/** All sessions of one run. */
export class Ledger {
  readonly entries: Entry[] = []
  sent = 0

  get live(): Entry[] {
    return this.entries.filter(({ isExpected }) => isExpected)
  }

  get acknowledged(): number {
    return this.entries.reduce((sum, { acknowledged }) => sum + acknowledged, 0)
  }

  /** Compares a list of an owner's sessions with those that were there from before it began until it had ended. */
  async observeList(owner: string, list: () => Promise<ReadonlySet<SessionId>>, idOf: (entry: Entry) => SessionId) {
    const before = this.live.filter((entry) => entry.owner === owner)
    const listed = await list()
    for (const entry of before) if (entry.isExpected && !listed.has(idOf(entry))) entry.omissions++
  }
}
