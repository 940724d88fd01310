import { setTimeout as delay } from 'node:timers/promises'
import type { SessionId, SessionStore } from '@leeway/core'
import { until } from '@leeway/testing'
import { randomFrom } from '../random.ts'
import { type Answer, Entry, Ledger } from './ledger.ts'
import { Recorder } from './recorder.ts'
import { type Handle, type Subject, sessionsSubject, storeSubject } from './subject.ts'
import { judge, type Verdict } from './verdict.ts'

/** Each of so many callers makes a call every `PACE_MS`, or when the one before has been answered. */
const CALLERS = 12
const PACE_MS = 20
const SESSIONS = 150
const OWNERS = 4
export const owners = Array.from({ length: OWNERS }, (_, n) => `owner-${n}`)
/** As many calls without a failure, loads and writes alike, mean that all is well. */
const WELL = 100
/** In every hundred calls; loads are the rest. */
const SHARES = { create: 3, destroy: 3, touch: 12, list: 2, ended: 5, update: 40 }

/**
 * Callers that create, update, touch, load, list and destroy many sessions, and a ledger of what they were told.
 * Sessions come from a fixed seed; which call is answered when is up to the servers.
 */
export class Load {
  readonly ledger = new Ledger()
  readonly recorder = new Recorder()
  readonly #subject: Subject
  readonly #store: SessionStore
  readonly #handles = new Map<Entry, Handle>()
  readonly #random = randomFrom(20050401)
  #mark = 0
  #isRunning = false
  #callers: Promise<unknown> = Promise.resolve()

  constructor(store: SessionStore, layer: 'store' | 'sessions' = 'store') {
    this.#store = this.recorder.around(store)
    this.#subject = layer === 'store' ? storeSubject(this.#store) : sessionsSubject(this.#store)
  }

  start(): void {
    this.#isRunning = true
    this.#callers = Promise.all(Array.from({ length: CALLERS }, () => this.#call()))
  }

  /** Resolves once so many more writes have been acknowledged. */
  async more(writes: number): Promise<void> {
    const { acknowledged } = this.ledger
    await until(`${writes} writes are acknowledged`, () => this.ledger.acknowledged >= acknowledged + writes)
  }

  /** Resolves once calls are answered, one after the other, that were all made from now on. */
  async well(kind?: 'load' | 'write'): Promise<void> {
    const { answeredInARow } = this.recorder
    const kinds = kind ? [kind] : (['load', 'write'] as const)
    for (const one of kinds) answeredInARow[one] = 0
    await until('calls are answered again', () => kinds.every((one) => answeredInARow[one] >= WELL))
  }

  /** The ids of the sessions that have to be there now. */
  expected(): SessionId[] {
    return this.ledger.live.map((entry) => this.#handleOf(entry).id)
  }

  /** Ends the load, and reads every session over the same store and client. */
  async verdict(): Promise<Verdict> {
    this.#isRunning = false
    await this.#callers
    const listed = new Set<string>()
    for (const owner of owners) for (const id of await this.#subject.list(owner)) listed.add(id)
    return judge(this.ledger, async (entry) => {
      const handle = this.#handleOf(entry)
      return { seen: await handle.load(), isListed: entry.owner === null || listed.has(handle.id) }
    })
  }

  close(): Promise<void> {
    this.#isRunning = false
    return this.#store.close()
  }

  async #call(): Promise<void> {
    while (this.#isRunning) {
      // What a call fails with is the recorder's; the ledger has it as not acknowledged.
      await Promise.all([this.#next().catch(() => {}), delay(PACE_MS)])
    }
  }

  #next(): Promise<void> {
    const live = this.ledger.live
    const entry = this.#pick(live)
    if (live.length < SESSIONS || entry === undefined) return this.#create()
    let dice = this.#random() * 100
    const falls = (share: number) => {
      dice -= share
      return dice < 0
    }
    if (falls(SHARES.create)) return this.#create()
    if (falls(SHARES.destroy)) return this.#destroy(entry)
    if (falls(SHARES.touch)) return this.#touch(entry)
    if (falls(SHARES.list)) return this.#list()
    if (falls(SHARES.ended))
      return this.#load(this.#pick(this.ledger.entries.filter((one) => one.isDestroyed)) ?? entry)
    if (falls(SHARES.update)) return this.#update(entry)
    return this.#load(entry)
  }

  async #create(): Promise<void> {
    const n = this.ledger.entries.length
    const entry = new Entry(n % 3 === 0 ? `owner-${n % OWNERS}` : null, n % 4 === 1)
    this.ledger.entries.push(entry)
    const handle = this.#subject.begin(entry.owner)
    this.#handles.set(entry, handle)
    const answer = await this.#write(entry, entry.marks, (mark) => handle.create(mark))
    entry.isCreated = answer === 'done'
  }

  async #update(entry: Entry): Promise<void> {
    if (entry.isBusy && !entry.isShared) return this.#load(entry)
    await this.#alone(entry, () => this.#write(entry, entry.marks, (mark) => this.#handleOf(entry).update(mark)))
  }

  async #touch(entry: Entry): Promise<void> {
    const handle = this.#handleOf(entry)
    if (entry.isBusy || entry.isShared || entry.isUnsettled || !handle.touch) return this.#load(entry)
    await this.#alone(entry, () =>
      this.#write(entry, entry.touches, async (mark) => (await handle.touch?.(mark)) ?? 'refused'),
    )
  }

  /** Not while it is written to: whether such a write or the destroy came first could not be told. */
  async #destroy(entry: Entry): Promise<void> {
    if (entry.isBusy || entry.isShared) return this.#load(entry)
    await this.#alone(entry, async () => {
      entry.isDestroySent = true
      this.ledger.sent++
      const answer = await this.#handleOf(entry).destroy()
      entry.isDestroyed = true
      entry.wasThere = answer === 'done'
    })
  }

  #load(entry: Entry): Promise<void> {
    return entry.observe(() => this.#handleOf(entry).load())
  }

  #list(): Promise<void> {
    const owner = `owner-${Math.floor(this.#random() * OWNERS)}`
    return this.ledger.observeList(
      owner,
      () => this.#subject.list(owner),
      (entry) => this.#handleOf(entry).id,
    )
  }

  async #write(entry: Entry, done: Set<number>, write: (mark: number) => Promise<Answer>): Promise<Answer> {
    this.#mark++
    const mark = this.#mark
    const { isExpected } = entry
    this.ledger.sent++
    let answer: Answer = 'refused'
    try {
      answer = await write(mark)
    } finally {
      if (answer === 'done') done.add(mark)
      else entry.isUnsettled = true
    }
    if (answer === 'absent' && isExpected && entry.isExpected) entry.absences++
    return answer
  }

  async #alone<T>(entry: Entry, work: () => Promise<T>): Promise<T> {
    entry.isBusy = true
    try {
      return await work()
    } finally {
      entry.isBusy = false
    }
  }

  #handleOf(entry: Entry): Handle {
    const handle = this.#handles.get(entry)
    if (!handle) throw new Error('every entry has a handle')
    return handle
  }

  #pick(entries: readonly Entry[]): Entry | undefined {
    return entries[Math.floor(this.#random() * entries.length)]
  }
}
