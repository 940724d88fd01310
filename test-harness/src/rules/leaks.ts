import { inspect } from 'node:util'
import type { StoredSession } from '@leeway/core/adapter'
import { expectThat } from '../engine/expect.ts'

/** Neither the error's text nor anything that hangs on it contains the whole id or the payload. */
export async function expectNoLeak(
  call: () => Promise<unknown>,
  { id, payload }: StoredSession,
  what: string,
): Promise<void> {
  const error = await (async () => call())().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  const text = inspect(error, { depth: 8, showHidden: true, maxStringLength: null })
  expectThat(!text.includes(id), `${what} contains the whole id`, placeOf(error, id))
  expectThat(!text.includes(payload), `${what} contains the payload`, placeOf(error, payload))
}

const DEEPEST = 8

/** Where in an error a text stands, such as `error.cause.path`: an error of the file system names the file. */
function placeOf(value: unknown, text: string, place = 'error', depth = 0): string | undefined {
  if (typeof value === 'string') return value.includes(text) ? place : undefined
  if (typeof value !== 'object' || value === null || depth === DEEPEST) return undefined
  // The stack begins with the message, which says it better.
  const names = Object.getOwnPropertyNames(value).sort((a, b) => Number(a === 'stack') - Number(b === 'stack'))
  for (const name of names) {
    const found = placeOf(Reflect.get(value, name), text, `${place}.${name}`, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}
