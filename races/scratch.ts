import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '@leeway/testing'
import { afterAll, beforeAll } from 'vitest'
import { redisPlace } from './redis-place.ts'

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

/** Where the tests of one file keep sessions, by kind and name: in a directory, or on a Redis server started for them. */
export function scratchPlaces(): (kind: string, name: string) => string {
  const directory = scratchDirectory()
  let serverUrl = ''
  beforeAll(async () => {
    const server = await startRedis()
    serverUrl = server.url
    return () => server.stop()
  })
  return (kind, name) => (kind === 'redis' ? redisPlace(serverUrl, name) : join(directory, name))
}
