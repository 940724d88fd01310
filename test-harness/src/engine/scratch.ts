import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeError } from './expect.ts'
import type { Subject } from './subject.ts'

/**
 * Runs `use` with an empty directory and removes what it and the store left behind.
 *
 * @param notDiscarded what becomes of the result where the store's own hook for that has thrown
 */
export async function withScratch<T>(
  subject: Subject,
  use: (scratch: string) => Promise<T>,
  notDiscarded: (result: T, error: Error) => T,
): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), 'leeway-conformance-'))
  const discard = async () => subject.discard?.({ scratch })
  try {
    const result = await use(scratch).catch(async (error: unknown) => {
      await discard().catch(() => {})
      throw error
    })
    return await discard().then(
      () => result,
      (error: unknown) => notDiscarded(result, new Error(`discard: ${describeError(error)}`)),
    )
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
