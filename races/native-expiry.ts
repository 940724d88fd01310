import { setTimeout as delay } from 'node:timers/promises'
import { createSessions } from '@leeway/core'
import { atRedisPlace, openRedis } from './redis-place.ts'

const IDLE_MS = 1_000
const GRACE_MS = 1_000
/** The last requests come so much too late. */
const PAST_MS = 100
const CLOSE_MS = 25
const RENEWED_MS = 60_000

/** A way of keeping sessions that Redis removes by itself, in real time. */
export interface NativeSessions {
  /** A request that has loaded a new session, and holds it. */
  start(): Promise<HeldInTime>
  close(): Promise<void>
}

interface HeldInTime {
  /** The session is served to nobody from then on, unless it is saved. */
  readonly expiresAt: number
  /** Until then the request may save it. */
  readonly purgeAt: number
  /** Renews it for much longer than the race lasts. */
  save(): Promise<'acknowledged' | 'gone'>
  /** Whether a later request finds what was saved. */
  isSaved(): Promise<boolean>
}

export interface NativeTally {
  held: number
  /** Begun after the expiry and answered before the purge time, while the key's time to live ran out. */
  inGrace: { acknowledged: number; gone: number }
  /** Under way at the purge time, when Redis removes the key. */
  atPurge: { acknowledged: number; gone: number }
  /** Begun at the purge time or later. */
  late: { acknowledged: number; gone: number }
  /** Acknowledged, and not there when the first time to live was over. */
  lost: number
}

/** Requests load, hold their sessions past the expiry, and save one after the other, the last of them too late. */
export async function outlastTtl(sessions: NativeSessions, requests: number): Promise<NativeTally> {
  const none = () => ({ acknowledged: 0, gone: 0 })
  const tally: NativeTally = { held: 0, inGrace: none(), atPurge: none(), late: none(), lost: 0 }
  const outcomes = await Promise.all(
    Array.from({ length: requests }, async (_, i) => {
      const request = await sessions.start()
      tally.held++
      const { expiresAt, purgeAt } = request
      // Every other one comes when Redis is about to remove the key; the rest all through the grace.
      const from = i % 2 === 0 ? expiresAt + 1 : purgeAt - CLOSE_MS
      const to = i % 2 === 0 ? purgeAt + PAST_MS : purgeAt + CLOSE_MS
      await instant(from + (i / requests) * (to - from))
      const begunAt = Date.now()
      const answer = await request.save()
      const when = begunAt >= purgeAt ? 'late' : Date.now() < purgeAt ? 'inGrace' : 'atPurge'
      tally[when][answer]++
      return { request, answer }
    }),
  )
  await instant(Math.max(...outcomes.map(({ request }) => request.purgeAt)) + PAST_MS)
  for (const { request, answer } of outcomes) {
    if (answer === 'acknowledged' && !(await request.isSaved())) tally.lost++
  }
  return tally
}

export function leewayNative(place: string): NativeSessions {
  const sessions = createSessions({
    store: openRedis(place),
    initialData: () => ({ value: '' }),
    idleTimeoutMs: IDLE_MS,
    graceMs: GRACE_MS,
  })
  return {
    async start() {
      const first = await sessions.open()
      first.data.value = 'before'
      const { token } = await first.save()
      const session = await sessions.open(token)
      // On a busy machine it may have expired by now.
      if (session.isNew) return this.start()
      const { expiresAt, purgeAt } = session
      return {
        expiresAt,
        purgeAt,
        async save() {
          session.data.value = 'after'
          session.setTimeouts({ idleTimeoutMs: RENEWED_MS })
          return (await session.save()).status === 'saved' ? 'acknowledged' : 'gone'
        },
        isSaved: async () => (await sessions.open(token)).data.value === 'after',
      }
    },
    close: () => sessions.close(),
  }
}

/** As it is commonly done: the key goes when the session expires, and a save only writes where there is a key. */
export function naiveNative(place: string): NativeSessions {
  const { client, prefix } = atRedisPlace(place)
  return {
    async start() {
      const key = prefix + crypto.randomUUID()
      await client.set(key, 'before', 'PX', IDLE_MS)
      await client.get(key)
      const expiresAt = Date.now() + IDLE_MS
      return {
        expiresAt,
        purgeAt: expiresAt + GRACE_MS,
        save: async () => ((await client.set(key, 'after', 'PX', RENEWED_MS, 'XX')) === null ? 'gone' : 'acknowledged'),
        isSaved: async () => (await client.get(key)) === 'after',
      }
    },
    async close() {
      client.disconnect()
    },
  }
}

async function instant(at: number): Promise<void> {
  await delay(at - Date.now())
}
