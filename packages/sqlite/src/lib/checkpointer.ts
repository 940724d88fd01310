import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Database, Statement } from 'better-sqlite3'

/** Pages in the write-ahead log that are worth a checkpoint: 4 MiB, as SQLite's own. */
const CHECKPOINT_PAGES = 1000
/** Pages written, by estimate, after which the log is looked at. */
const LOOK_PAGES = 250
/** Pages in the log above which writers slow down during a checkpoint, or it would outgrow every limit: 64 MiB. */
const LONG_LOG_PAGES = 16_384
/** For how long writers stand back while the worker needs their lock; then they try, and may find it taken. */
const HOLD_MS = 100
/** Pages in the log at which work that can wait lets a checkpoint finish first: 16 MiB. */
const PATIENCE_PAGES = 4_096
/** How long a page then holds up the next commit: 40 MiB a second, and the less the longer the log. */
const PAGE_PAUSE_MS = 0.1

const workerModule = new URL(`./checkpoint-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

/**
 * Copies the write-ahead log into the database off the event loop: a worker, started when there is first something to
 * copy, does it on its own connection. Where no worker can be had (a bundler left its module out, or permissions forbid
 * it), SQLite checkpoints by itself, within a commit.
 */
export class Checkpointer {
  readonly #db: Database
  readonly #module: URL
  readonly #look: Statement<[], { log: number; checkpointed: number }>
  #worker: Worker | undefined
  #working = false
  #disabled = false
  #logPages = 0
  #waitingPages = 0
  #pauseMs = 0
  #heldUntil = 0
  /** The first write looks: earlier processes may have left a long log. */
  #writtenPages = LOOK_PAGES

  constructor(db: Database, module: URL = workerModule) {
    this.#db = db
    this.#module = module
    // Counts the other processes' writes too, and copies nothing.
    this.#look = db.prepare('PRAGMA wal_checkpoint(NOOP)')
  }

  /** How long to wait before the next commit: 0, unless commits outrun the checkpoint. */
  get pauseMs(): number {
    return this.#pauseMs
  }

  /** True while the worker needs the writers' lock: waiting here costs less than finding it taken. */
  get held(): boolean {
    return this.#heldUntil > 0 && performance.now() < this.#heldUntil
  }

  /** Whether a checkpoint is under way with so much to do that work which can wait should. */
  get strained(): boolean {
    return this.#working && this.#logPages >= PATIENCE_PAGES
  }

  /** To be told of every commit, with the pages that it wrote, by estimate. */
  readonly wrote = (pages: number): void => {
    this.#writtenPages += pages
    const outrun = this.#working && this.#logPages > LONG_LOG_PAGES
    this.#pauseMs = outrun ? (pages * PAGE_PAUSE_MS * this.#logPages) / LONG_LOG_PAGES : 0
    if (this.#writtenPages < LOOK_PAGES || this.#disabled) return
    this.#writtenPages = 0
    this.#lookAtLog()
    if (this.#waitingPages >= CHECKPOINT_PAGES && !this.#working) this.#checkpoint()
  }

  #lookAtLog(): void {
    try {
      const { log, checkpointed } = this.#look.get() ?? { log: 0, checkpointed: 0 }
      this.#logPages = log
      this.#waitingPages = log - checkpointed
    } catch {
      // The commit stands, whatever keeps the log from being looked at; the next one looks again.
    }
  }

  /** To be called after the main connection was closed: the worker's is then the last, and its last checkpoint is too. */
  async close(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    worker.ref()
    worker.postMessage('close')
    await once(worker, 'exit').catch(() => {})
  }

  #checkpoint(): void {
    this.#working = true
    try {
      this.#worker ??= this.#start()
      this.#worker.postMessage('checkpoint')
    } catch {
      this.#fallBack()
    }
  }

  #start(): Worker {
    const worker = new Worker(this.#module, { workerData: this.#db.name, execArgv: [], name: 'leeway-checkpoint' })
    worker.on('message', (message: 'restarting' | 'done') => {
      if (message === 'restarting') this.#heldUntil = performance.now() + HOLD_MS
      else this.#rest()
    })
    worker.on('error', () => this.#fallBack())
    worker.unref()
    return worker
  }

  #rest(): void {
    this.#working = false
    this.#pauseMs = 0
    this.#heldUntil = 0
  }

  #fallBack(): void {
    this.#worker = undefined
    this.#disabled = true
    this.#rest()
    if (this.#db.open) this.#db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  }
}
