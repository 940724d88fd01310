// Uses a store, disconnects its client and has nothing more to do: the process should end by itself.

import { record, version } from '@leeway/testing/records'
import { Redis } from 'ioredis'
import { redisStore } from '../index.ts'

const [port = '', then = 'close'] = process.argv.slice(2)
const client = new Redis(Number(port))
const store = redisStore({ client, commandTimeoutMs: 600_000 })
const session = record('x', { owner: 'alice', expiresAt: Date.now() + 60_000, purgeAt: Date.now() + 60_000 })
await store.create(session)
await store.update({ ...session, version: version(2) }, session.version)
await store.load(session.id)
await store.list?.({ limit: 10 })
await store.destroy(session.id)
if (then === 'close') await store.close()
if (then === 'leave a call under way') store.load(session.id).catch(() => {})
client.disconnect()
console.log('nothing left to do')
