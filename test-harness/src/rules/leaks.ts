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
  expectThat(!text.includes(id), `${what} contains the whole id`)
  expectThat(!text.includes(payload), `${what} contains the payload`)
}
