import { statSync } from 'node:fs'
import process from 'node:process'
import { parentPort, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'

/** A log longer than this, in pages, is cut short even where that holds up writers for a moment: 16 MiB. */
const LONG_LOG_PAGES = 4096
/** A log file larger than this gives its room on the disk back, which SQLite by itself does only when it is closed. */
const HUGE_LOG_BYTES = 64 * 1024 * 1024
/** Passes that hold up nobody, before one that does. */
const PASSIVE_PASSES = 5
/** Few enough to be copied while writers wait. */
const FEW_PAGES = 500
/** A checkpoint that waits for a long reader keeps writers waiting behind it, so it gives up soon. */
const LOCK_WAIT_MS = 50
/** Opening waits for the lock of a store that closes at this moment; nobody waits for the opening. */
const OPEN_WAIT_MS = 5000

interface Progress {
  readonly busy: number
  readonly log: number
  readonly checkpointed: number
}

const db = new Database(workerData, { timeout: OPEN_WAIT_MS, fileMustExist: true })
db.pragma('synchronous = NORMAL')
db.pragma('wal_autocheckpoint = 0')
const passive = db.prepare<[], Progress>('PRAGMA wal_checkpoint(PASSIVE)')
/** Cuts the file as well; on the event loop, as `journal_size_limit` does it, that takes up to 300 ms [measured, ext4]. */
const truncate = db.prepare<[], Progress>('PRAGMA wal_checkpoint(TRUNCATE)')
const restart = db.prepare<[], Progress>('PRAGMA wal_checkpoint(RESTART)')
db.pragma(`busy_timeout = ${LOCK_WAIT_MS}`)

parentPort?.on('message', (message: 'checkpoint' | 'close') => {
  if (message === 'close') {
    db.close()
    process.exit() // of this thread; Deno's parentPort has no close
  }
  try {
    checkpoint()
  } catch {
    // Busy, or a full disk: the log keeps what it has, and the next checkpoint tries again.
  }
  parentPort?.postMessage('done')
})

let restartAt = LONG_LOG_PAGES

/**
 * The log starts over only where all of it has been copied before the next write; writers that never pause stay ahead of
 * a checkpoint that does not hold them up. So what is left at the end, and only that, is copied under their lock.
 */
function checkpoint(): void {
  const huge = (statSync(`${db.name}-wal`, { throwIfNoEntry: false })?.size ?? 0) > HUGE_LOG_BYTES
  for (let pass = 0, before = 0; pass < PASSIVE_PASSES; pass++) {
    const { log, checkpointed } = passive.get() as Progress
    if (log < LONG_LOG_PAGES) restartAt = LONG_LOG_PAGES
    if (log < restartAt && !(huge && log < LONG_LOG_PAGES)) return
    if (checkpointed - before < FEW_PAGES) break
    before = checkpointed
  }
  parentPort?.postMessage('restarting')
  const { busy, log } = (huge ? truncate : restart).get() as Progress
  // A long reader, such as a backup, is in the way: writers are not held up for it again and again.
  restartAt = busy === 0 ? LONG_LOG_PAGES : log + LONG_LOG_PAGES
}
