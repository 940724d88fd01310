import { isLeewayError, LeewayError, redactId } from '@leeway/core/adapter'

const WHOLE_ID = /(?<![a-z0-9])[a-z0-9]{26}(?![a-z0-9])/g

/** What is stored under a session's name is not what this store writes. */
export class DamagedRecord extends Error {
  constructor(what: string) {
    super(`the record cannot be read: ${what}`)
  }
}

/** The primary has the write, and too few others. */
export class NotReplicated extends Error {
  constructor(confirmed: number, wanted: number) {
    super(`${confirmed} of ${wanted} replicas have confirmed the write in time; the primary has it`)
  }
}

/** Stands in front of what a script finds wrong with a record, as other codes do in Redis' errors. */
export const DAMAGED = 'LEEWAY'
const MARK = /^LEEWAY /
/** Of a command that the server does not know or have, it quotes what came with it. */
const QUOTED_COMMAND = /, with args beginning with: .*$/s
const WHERE_IN_SCRIPT = / script: [0-9a-f]{40}, on @user_script:\d+\.?$/

export function storeFailed(error: unknown, operation: string, id?: string): LeewayError {
  if (isLeewayError(error)) return error
  if (error instanceof NotReplicated) return new LeewayError('ERR_NOT_REPLICATED', error.message, { operation, id })
  const cause = redacted(error)
  if (messageOf(error) === 'Command timed out') {
    return new LeewayError('ERR_STORE_TIMEOUT', "Redis did not answer within the client's commandTimeout", {
      operation,
      id,
      cause,
    })
  }
  return new LeewayError('ERR_STORE_FAILED', `Redis: ${cause.message}${adviceOn(cause.message)}`, {
    operation,
    id,
    cause,
  })
}

export function storeTimeout(
  timeoutMs: number,
  status: string | undefined,
  operation: string,
  id?: string,
): LeewayError {
  const connection = status === undefined || status === 'ready' ? '' : ` (the connection is ${status})`
  return new LeewayError('ERR_STORE_TIMEOUT', `Redis did not answer within ${timeoutMs} ms${connection}`, {
    operation,
    id,
  })
}

export function isNoScript(error: unknown): boolean {
  return messageOf(error).startsWith('NOSCRIPT')
}

/** The key's slot is on another node, or on its way there. */
export function isRedirection(error: unknown): boolean {
  return /^(MOVED|ASK|TRYAGAIN)\b|same slots allocation group/.test(messageOf(error))
}

/** Whether there is something under the name that is no record: nobody can load it, now or later. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof DamagedRecord || messageOf(error).startsWith('WRONGTYPE')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What clients attach to errors holds the command with its payload; what servers quote in them holds keys. */
function redacted(error: unknown): Error {
  const message = messageOf(error).replace(QUOTED_COMMAND, '').replace(WHERE_IN_SCRIPT, '').replace(MARK, '')
  const cause = new Error(message.replace(WHOLE_ID, redactId))
  if (error instanceof Error) cause.name = error.name
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? Object.assign(cause, { code }) : cause
}

function adviceOn(message: string): string {
  if (/compil/i.test(message) && message.includes('#')) return ' (leeway needs Redis 7.0 or Valkey 7.2, or later)'
  if (message.startsWith('READONLY')) return ' (the client is connected to a replica)'
  return ''
}
