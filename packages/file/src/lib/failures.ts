import { isLeewayError, LeewayError, redactId } from '@leeway/core/adapter'

const WHOLE_ID = /(?<![a-z0-9])[a-z0-9]{26}(?![a-z0-9])/g

/** What the file system said, with every id in its text and paths shortened: errors are logged. */
export function storeFailed(error: unknown, operation: string, id?: string): LeewayError {
  if (isLeewayError(error)) return error
  const cause = error instanceof Error ? redacted(error) : error
  const message = cause instanceof Error ? cause.message : String(cause)
  return new LeewayError('ERR_STORE_FAILED', `file system: ${message}`, { operation, id, cause })
}

/** A record is there and is not what this store writes: nobody can load it, now or later. */
export class DamagedRecord extends Error {
  constructor(what: string) {
    super(`the record is damaged: ${what}`)
  }
}

export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code
}

export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT'
}

/** Whether there is nothing there, or somebody else's file where the store would have a directory. */
export function isNothing(error: unknown): boolean {
  return isMissing(error) || codeOf(error) === 'ENOTDIR'
}

/** What `rename` of a directory and `rmdir` answer where there is something in the way; which of the two, differs. */
export function isOccupied(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOTEMPTY' || code === 'EEXIST'
}

function redacted(error: NodeJS.ErrnoException & { dest?: string }): Error {
  for (const property of ['message', 'stack', 'path', 'dest'] as const) {
    const text = error[property]
    if (typeof text === 'string') error[property] = text.replace(WHOLE_ID, redactId)
  }
  return error
}
