import { isLeewayError, LeewayError } from '@leeway/core/adapter'
import Database from 'better-sqlite3'

/** What SQLite answers while another connection holds the lock that is needed; it passes. */
export function isBusy(error: unknown): boolean {
  return (
    error instanceof Database.SqliteError && (error.code.startsWith('SQLITE_BUSY') || error.code === 'SQLITE_PROTOCOL')
  )
}

/** What SQLite answers where a page of the file is not what it should be. */
export function isDamage(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_CORRUPT')
}

export function storeFailed(error: unknown, operation: string, id?: string): LeewayError {
  if (isLeewayError(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  return new LeewayError('ERR_STORE_FAILED', `SQLite: ${message}`, { operation, id, cause: error })
}

export function storeTimeout(error: unknown, busyTimeoutMs: number, operation: string, id?: string): LeewayError {
  const message = `another connection has held the lock on the database for more than ${busyTimeoutMs} ms`
  return new LeewayError('ERR_STORE_TIMEOUT', message, { operation, id, cause: error })
}
