import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Subject } from './subject.ts'

/** Runs `use` with an empty directory and removes what it and the store left behind. */
export async function withScratch<T>(subject: Subject, use: (scratch: string) => Promise<T>): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), 'leeway-conformance-'))
  try {
    return await use(scratch)
  } finally {
    await subject.discard?.({ scratch })
    await rm(scratch, { recursive: true, force: true })
  }
}
