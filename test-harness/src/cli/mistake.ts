import { type ErrorCode, isLeewayError, LeewayError } from '@leeway/core/adapter'
import { describeError } from '../engine/expect.ts'

/** Something that whoever typed the command can put right. */
export function mistake(message: string, code: ErrorCode = 'ERR_INVALID_OPTION'): LeewayError {
  return new LeewayError(code, message, { operation: 'leeway-conformance' })
}

/** An error in one line, and the line of the user's own code that it comes from where it comes from there. */
export function tellMistake(error: unknown): string {
  if (isLeewayError(error)) return `leeway-conformance: ${error.code}: ${error.message}`
  const place = error instanceof Error ? placeOf(error.stack) : undefined
  return `leeway-conformance: ${describeError(error)}${place === undefined ? '' : `\n  ${place}`}`
}

function placeOf(stack = ''): string | undefined {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line))
  return frames.find((frame) => !/node:|node_modules/.test(frame))?.trim()
}
