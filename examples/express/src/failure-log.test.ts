import { LeewayError } from '@leeway/core'
import { expect, test } from 'vitest'
import { failureLog } from './failure-log.ts'

const failed = (operation: string, message: string) => {
  const error = new LeewayError('ERR_STORE_FAILED', message)
  return { operation, code: error.code, error }
}

test('a failure is a line, told again only after a while; another one is told at once', () => {
  const lines: string[] = []
  let now = 0
  const log = failureLog(
    (line) => lines.push(line),
    () => now,
  )
  log(failed('load', 'the first'))
  now = 9_999
  log(failed('load', 'one more'))
  log(failed('update', 'another'))
  now = 10_000
  log(failed('load', 'the next'))
  expect(lines).toEqual([
    'sessions: load failed: ERR_STORE_FAILED: the first',
    'sessions: update failed: ERR_STORE_FAILED: another',
    'sessions: load failed: ERR_STORE_FAILED: the next',
  ])
})
