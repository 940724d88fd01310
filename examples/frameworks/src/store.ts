import { fileStore } from '@leeway/file'
import { sqliteStore } from '@leeway/sqlite'

const { LEEWAY_STORE, LEEWAY_PATH } = process.env

/** Where the sessions live: in one SQLite file, or one file each. No application here knows which. */
export const store =
  LEEWAY_STORE === 'file'
    ? fileStore({ directory: LEEWAY_PATH ?? '.data' })
    : sqliteStore({ path: LEEWAY_PATH ?? 'sessions.db' })
