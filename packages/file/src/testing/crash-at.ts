import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { fileStore } from '../lib/file-store.ts'
import { expectSound } from './after-crash.ts'
import { CrashingFs } from './crashing-fs.ts'
import { age } from './directories.ts'
import { type Operation, prepare } from './operations.ts'
import { temporaryDirectory } from './support.ts'

export type Durability = 'process-crash' | 'power-loss'

/** Has the process die at each call of the operation in turn, and at each write also in the middle of it. */
export async function crashEverywhere(
  operation: Operation,
  durability: Durability,
): Promise<{ crashes: number; halves: number }> {
  const prepared = temporaryDirectory()
  await prepare(prepared, operation)
  let halves = 0
  for (let k = 1; ; k++) {
    const calls = await crashAt(prepared, operation, durability, k)
    if (calls.length < k) return { crashes: k - 1, halves }
    if (calls[k - 1] !== 'write') continue
    await crashAt(prepared, operation, durability, k, true)
    halves++
  }
}

/** Answers with the calls that were made. */
async function crashAt(prepared: string, operation: Operation, durability: Durability, k: number, isHalfDone = false) {
  const directory = join(temporaryDirectory(), 'store')
  copyAged(prepared, directory)
  const crashing = new CrashingFs(k, isHalfDone)
  const store = fileStore({ directory, durability, fs: crashing.fs })
  const answer = await operation.run(store).catch((error: unknown) => {
    expect(error).toMatchObject({ code: 'ERR_STORE_FAILED' })
    return undefined
  })
  await store.close()
  await expectSound(directory, operation, answer)
  return crashing.calls
}

export function copyAged(prepared: string, directory: string): void {
  cpSync(prepared, directory, { recursive: true })
  age(directory)
}
