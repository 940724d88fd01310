import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { lmdbStore } from './lmdb-store.ts'

const path = await mkdtemp(join(tmpdir(), 'leeway-lmdb-'))
afterAll(() => rm(path, { recursive: true, force: true }))

describe('lmdbStore', () => {
  // From the snapshot that lmdb-js keeps for a turn of the event loop, about one load in five would find the record.
  it('finds nothing of what another handle has just destroyed', async () => {
    const [here, there] = [lmdbStore({ path }), lmdbStore({ path })]
    const ids = Array.from({ length: 200 }, (_, n) => String(n).padStart(26, 'a'))
    let found = 0
    for (const id of ids) {
      await here.create({ id, version: 'v'.repeat(16), payload: '', owner: null, expiresAt: 1, purgeAt: 2 })
      await there.load(id)
      await here.destroy(id)
      if (await there.load(id)) found++
    }
    expect(found).toBe(0)
    await Promise.all([here.close(), there.close()])
  })

  it('refuses a path that is none, and tells where the database cannot be opened', async () => {
    expect(() => lmdbStore({ path: '' })).toThrowError(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
    const file = join(path, 'data.mdb')
    expect(() => lmdbStore({ path: file })).toThrowError(expect.objectContaining({ code: 'ERR_STORE_FAILED' }))
  })
})
