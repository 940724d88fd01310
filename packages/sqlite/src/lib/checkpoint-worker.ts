import { parentPort, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'

/** A log longer than this, in pages, is cut short even where that holds up writers for a moment: 16 MiB. */
const LONG_LOG_PAGES = 4096
/** Passes that hold up nobody, before one that does. */
const PASSIVE_PASSES = 5
/** Few enough to be copied while writers wait. */
const FEW_PAGES = 500
/** A checkpoint that waits for a long reader keeps writers waiting behind it, so it gives up soon. */
const LOCK_WAIT_MS = 50

interface Progress {
  readonly busy: number
  readonly log: number
  readonly checkpointed: number
}

const db = new Database(workerData, { timeout: LOCK_WAIT_MS, fileMustExist: true })
db.pragma('synchronous = NORMAL')
db.pragma('wal_autocheckpoint = 0')
const passive = db.prepare<[], Progress>('PRAGMA wal_checkpoint(PASSIVE)')
const restart = db.prepare<[], Progress>('PRAGMA wal_checkpoint(RESTART)')

parentPort?.on('message', (message: 'checkpoint' | 'close') => {
  if (message === 'close') {
    db.close()
    parentPort?.close()
    return
  }
  try {
    checkpoint()
  } catch {
    // Busy, or a full disk: the log keeps what it has, and the next checkpoint tries again.
  }
  parentPort?.postMessage('done')
})

/**
 * The log starts over only where all of it has been copied before the next write; writers that never pause stay ahead of
 * a checkpoint that does not hold them up. So what is left at the end, and only that, is copied under their lock.
 */
function checkpoint(): void {
  for (let pass = 0, copied = 0; pass < PASSIVE_PASSES; pass++) {
    const { log, checkpointed } = passive.get() as Progress
    if (log < LONG_LOG_PAGES) return
    if (checkpointed - copied < FEW_PAGES) break
    copied = checkpointed
  }
  restart.get()
}
