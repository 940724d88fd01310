import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionStore } from '@leeway/core'
import type { Clock } from '@leeway/core/testing'
import { sqliteStore } from '@leeway/sqlite'
import { onTestFinished } from 'vitest'
import { serve } from './testing.ts'

interface Options {
  readonly clock?: Clock
  /** Put around the store. */
  readonly wrap?: (store: SessionStore) => SessionStore
}

/** The app on SQLite, as `npm start` has it, for one test. */
export async function appOnSqlite({ clock, wrap = (store) => store }: Options = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'leeway-browser-'))
  const app = await serve(wrap(sqliteStore({ path: join(directory, 'sessions.db') })), clock)
  onTestFinished(async () => {
    await app.close()
    rmSync(directory, { recursive: true, force: true })
  })
  return app
}
