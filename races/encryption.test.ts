import { randomBytes } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { createSessions, encryptedCodec, jsonCodec } from '@leeway/core'
import { devalueCodec } from '@leeway/core/devalue'
import { expect, test } from 'vitest'
import { atRedisPlace } from './redis-place.ts'
import { scratchPlaces } from './scratch.ts'
import { openStore, type SharedKind, sharedKinds } from './stores.ts'

const EMAIL = 'alice@example.com'
const placeOf = scratchPlaces()

test.each(sharedKinds)(
  'what %s keeps shows the data without encryption, and nothing of it or the secret with it',
  async (kind) => {
    const codec = encryptedCodec({ keys: [randomBytes(32)], codec: devalueCodec() })
    for (const [name, used, isShown] of [
      ['clear', jsonCodec, true],
      ['encrypted', codec, false],
    ] as const) {
      const place = placeOf(kind, `${name}-${kind}`)
      const options = { codec: used, initialData: () => ({ email: '', n: 0 }) }
      const sessions = createSessions({ store: openStore(kind, place), ...options })
      const session = await sessions.open()
      session.data.email = EMAIL
      const { token } = await session.save()
      const elsewhere = createSessions({ store: openStore(kind, place), ...options })
      await Promise.all(
        [sessions, elsewhere].map(async (process) => (await process.open(token)).update((data) => void data.n++)),
      )
      expect((await elsewhere.open(token)).data).toEqual({ email: EMAIL, n: 2 })
      const kept = await everythingIn(kind, place)
      expect(kept).toContain(session.id)
      expect(kept.includes(EMAIL)).toBe(isShown)
      expect(kept).not.toContain(token?.split('.')[1])
      await Promise.all([sessions.close(), elsewhere.close()])
    }
  },
)

/** Names and contents: of the database and its log, of the files, or of the keys on the server. */
async function everythingIn(kind: SharedKind, place: string): Promise<string> {
  if (kind !== 'redis') {
    const files = globSync(`${place}{,-*,/**}`, { withFileTypes: true }).filter((entry) => entry.isFile())
    return files.map(({ parentPath, name }) => name + readFileSync(`${parentPath}/${name}`, 'latin1')).join('\n')
  }
  const { client, prefix } = atRedisPlace(place)
  const keys = await client.keys(`${prefix}*`)
  const dumps = await Promise.all(keys.map(async (key) => key + (await client.dumpBuffer(key))?.toString('latin1')))
  client.disconnect()
  return dumps.join('\n')
}
