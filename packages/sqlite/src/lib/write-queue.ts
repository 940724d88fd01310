import type { Database, Statement } from 'better-sqlite3'
import { isBusy, storeFailed, storeTimeout } from './failures.ts'
import { pauseMs } from './waiting.ts'

/** The most that one transaction takes on, so that it does not hold up the event loop. */
const BATCH_WRITES = 256
const BATCH_MS = 5

export interface Write<T> {
  readonly operation: string
  readonly id: string
  /** About how many pages it adds to the write-ahead log. */
  readonly pages: number
  /** One statement, enough by itself where it changes the row; `undefined` where it changes none. */
  attempt(): T | undefined
  /** Tells why `attempt` changed no row, in the same transaction. */
  decide(): T
}

/** The write-ahead log, which is told of what is written and may ask for slower writes. */
interface Log {
  readonly pauseMs: number
  /** True while writes should not even try. */
  readonly held: boolean
  wrote(pages: number): void
}

interface Entry {
  readonly write: Write<unknown>
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: unknown) => void
  busySince: number | undefined
}

/**
 * Group commit: writes of one turn of the event loop share a transaction, because a commit costs more than the writes in
 * it. Nobody is answered before the commit. From BEGIN to COMMIT is one synchronous step, so no load can read in between.
 */
export class WriteQueue {
  readonly #db: Database
  readonly #busyTimeoutMs: number
  readonly #log: Log
  readonly #begin: Statement<[]>
  readonly #commit: Statement<[]>
  readonly #rollback: Statement<[]>
  readonly #entries: Entry[] = []
  #scheduled = false
  #busyAttempts = 0
  #idle: (() => void)[] = []

  constructor(db: Database, busyTimeoutMs: number, log: Log) {
    this.#db = db
    this.#busyTimeoutMs = busyTimeoutMs
    this.#log = log
    this.#begin = db.prepare('BEGIN IMMEDIATE')
    this.#commit = db.prepare('COMMIT')
    this.#rollback = db.prepare('ROLLBACK')
  }

  add<T>(write: Write<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#entries.push({ write, resolve: resolve as (answer: unknown) => void, reject, busySince: undefined })
      if (!this.#scheduled) this.#schedule()
    })
  }

  /** Resolves once nothing is queued. */
  idle(): Promise<void> {
    if (this.#entries.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #schedule(): void {
    this.#scheduled = true
    const { pauseMs, held } = this.#log
    if (pauseMs > 0 || held) setTimeout(this.#flush, pauseMs)
    else setImmediate(this.#flush)
  }

  readonly #flush = (): void => {
    this.#scheduled = false
    if (this.#log.held) {
      this.#schedule()
      return
    }
    try {
      if (this.#entries.length > 1 || !this.#commitAlone()) this.#commitTogether()
    } catch (error) {
      this.#waitForLock(error)
      return
    }
    this.#busyAttempts = 0
    if (this.#entries.length > 0) this.#schedule()
    else for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** A single statement commits by itself. False where it changed no row, and has to be looked at in a transaction. */
  #commitAlone(): boolean {
    const [entry] = this.#entries
    if (entry === undefined) return true
    let answer: unknown
    try {
      answer = entry.write.attempt()
    } catch (error) {
      if (isBusy(error)) throw error
      this.#rejectFirst(1, error)
      return true
    }
    if (answer === undefined) return false
    this.#entries.length = 0
    entry.resolve(answer)
    this.#log.wrote(entry.write.pages)
    return true
  }

  /** Throws only where the database is busy; then nothing was done. */
  #commitTogether(): void {
    const answers: (() => void)[] = []
    let taken = 0
    let pages = 0
    try {
      this.#begin.run()
      const startedAt = performance.now()
      for (const entry of this.#entries) {
        taken++
        answers.push(this.#answer(entry))
        pages += entry.write.pages
        if (taken >= BATCH_WRITES || performance.now() - startedAt >= BATCH_MS) break
      }
      this.#commit.run()
    } catch (error) {
      if (this.#db.inTransaction) this.#rollback.run()
      if (isBusy(error)) throw error
      this.#rejectFirst(Math.max(1, taken), error)
      return
    }
    this.#entries.splice(0, taken)
    for (const answer of answers) answer()
    this.#log.wrote(pages)
  }

  /** SQLite undoes a failing statement alone, unless it is short of space, memory or a disk: then the transaction is over. */
  #answer({ write, resolve, reject }: Entry): () => void {
    try {
      const answer = write.attempt() ?? write.decide()
      return () => resolve(answer)
    } catch (error) {
      if (!this.#db.inTransaction) throw error
      return () => reject(storeFailed(error, write.operation, write.id))
    }
  }

  #rejectFirst(count: number, error: unknown): void {
    for (const { write, reject } of this.#entries.splice(0, count)) {
      reject(storeFailed(error, write.operation, write.id))
    }
  }

  #waitForLock(error: unknown): void {
    const now = performance.now()
    for (const entry of this.#entries.splice(0)) {
      entry.busySince ??= now
      const { write, reject, busySince } = entry
      if (now - busySince < this.#busyTimeoutMs) this.#entries.push(entry)
      else reject(storeTimeout(error, this.#busyTimeoutMs, write.operation, write.id))
    }
    this.#scheduled = true
    setTimeout(this.#flush, pauseMs(this.#busyAttempts++))
  }
}
