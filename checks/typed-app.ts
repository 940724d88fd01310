// Compiled against the published types: what an application and an author of a store write, without @types/node.
import { createSessions, encryptedCodec, isLeewayError, type SessionStore } from '@leeway/core'
import { Gate } from '@leeway/core/adapter'
import { devalueCodec } from '@leeway/core/devalue'
import { failureAnswer, httpSessions } from '@leeway/core/http'
import { memoryStore } from '@leeway/core/memory'
import { createRecords } from '@leeway/core/records'
import { manualClock } from '@leeway/core/testing'
import { fileStore } from '@leeway/file'
import { type RedisClient, redisStore } from '@leeway/redis'
import { sqliteStore } from '@leeway/sqlite'

interface Cart {
  items: { name: string; price: number }[]
}

const sessions = createSessions<Cart>({
  store: memoryStore(),
  initialData: () => ({ items: [] }),
  clock: manualClock(),
  onConflict: (_key, { ours }) => ours,
})
const session = await sessions.open('a token')
session.data.items.push({ name: 'book', price: 12 })
const price: number | undefined = (await session.update((data) => data.items.sort())).items[0]?.price
// @ts-expect-error the data is typed
session.data.cart = price
const token: string | null = (await session.save()).token

const http = httpSessions(sessions, { cookie: 'fixed', onStoreFailure: 'anonymous' })
const opened = await http.begin('a header', undefined).open()
// @ts-expect-error there may be no session in an outage
opened.data.items.pop()
const status: 409 | 503 | undefined = failureAnswer('an error')?.status

const records = createRecords<Cart>({ store: sqliteStore({ path: 'sessions.db' }) })
const record = await records.load('an id')
const items: Cart['items'] | undefined = record?.data.items

const codec = encryptedCodec({ keys: [new Uint8Array(32)], codec: devalueCodec(), allowPlaintext: true })
const encrypted = createSessions({ store: memoryStore(), codec, initialData: () => ({ seen: new Set<string>() }) })
const seen: boolean = (await encrypted.open()).data.seen.has('news')

const onFiles: SessionStore = fileStore({ directory: 'sessions', durability: 'power-loss' })
declare const client: RedisClient
const onRedis: SessionStore = redisStore({ client, replicas: 1 })
const store: SessionStore = memoryStore()
const gate = new Gate()

export { gate, isLeewayError, items, onFiles, onRedis, seen, status, store, token }
