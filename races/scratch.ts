import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const memory = '/dev/shm'

/**
 * A directory for the tests of one file, removed after them.
 *
 * @param inMemory where the system has such a directory: for tests that are about the order of calls, and make very many
 */
export function scratchDirectory({ inMemory = false } = {}): string {
  const parent = inMemory && existsSync(memory) ? memory : tmpdir()
  const directory = mkdtempSync(join(parent, 'leeway-races-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
