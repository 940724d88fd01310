import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSessions, type Session } from '@leeway/core'
import { type ManualClock, manualClock } from '@leeway/core/testing'
import { sqliteStore } from '@leeway/sqlite'
import { NaiveStore } from './naive-store.ts'

/** Load, process and save of a request; check and delete of a cleanup. */
type Step = 'L' | 'P' | 'S' | 'C' | 'D'

/** The three of the ten orders in which a session that was just saved is deleted (mod_python list, April 2005). */
const ORDERS: Readonly<Record<number, readonly Step[]>> = {
  4: ['C', 'L', 'P', 'S', 'D'],
  7: ['L', 'C', 'P', 'S', 'D'],
  9: ['L', 'P', 'C', 'S', 'D'],
}

const IDLE_MS = 30 * 60_000
const GRACE_MS = 240_000

interface TraceLine {
  readonly step: Step
  /** Milliseconds since the session's expiry; negative before it. */
  readonly sinceExpiryMs: number
  /** What the step answered. */
  readonly answer: string
}

interface Run {
  readonly trace: readonly TraceLine[]
  /** Whether the value that the request was told it had saved can be read back. */
  readonly verdict: 'kept' | 'lost'
  /** What a later request reads. */
  readonly readBack: string | null
  readonly tookMs: number
}

export interface Replay {
  readonly order: number
  readonly steps: readonly Step[]
  readonly naive: Run
  readonly leeway: Run
}

/** One way of keeping sessions, step by step. */
interface Contender {
  readonly steps: Readonly<Record<Step, () => Promise<string>>>
  readBack(): Promise<string | null>
  close(): Promise<void>
}

/** Runs each order against both stores, on real databases and a clock that moves only between the steps. */
export async function replayAll(): Promise<Replay[]> {
  const replays: Replay[] = []
  for (const [order, steps] of Object.entries(ORDERS)) {
    replays.push({ order: Number(order), steps, naive: await run(steps, naive), leeway: await run(steps, leeway) })
  }
  return replays
}

async function run(steps: readonly Step[], contend: (clock: ManualClock) => Promise<Contender>): Promise<Run> {
  const startedAt = performance.now()
  const clock = manualClock()
  const expiresAt = clock.now() + IDLE_MS
  const contender = await contend(clock)
  const trace: TraceLine[] = []
  try {
    // What comes before the check happens a second before the expiry; the check finds the session one second past it.
    clock.advance(IDLE_MS - 1000)
    for (const step of steps) {
      if (step === 'C') clock.advance(expiresAt + 1000 - clock.now())
      trace.push({ step, sinceExpiryMs: clock.now() - expiresAt, answer: await contender.steps[step]() })
      clock.advance(100)
    }
    const readBack = await contender.readBack()
    return { trace, verdict: readBack === 'after' ? 'kept' : 'lost', readBack, tookMs: performance.now() - startedAt }
  } finally {
    await contender.close()
  }
}

async function naive(clock: ManualClock): Promise<Contender> {
  const store = new NaiveStore()
  store.save('session', 'before', clock.now() + IDLE_MS)
  let old: string[] = []
  return {
    steps: {
      C: async () => {
        old = store.check(clock.now())
        return `finds ${old.length} that is old`
      },
      D: async () => `deletes ${store.delete(old)}`,
      L: async () => `loads “${store.load('session')}”`,
      P: async () => 'works on it',
      S: async () => {
        store.save('session', 'after', clock.now() + IDLE_MS)
        return 'saves “after”: done'
      },
    },
    readBack: async () => store.load('session') ?? null,
    close: async () => store.close(),
  }
}

async function leeway(clock: ManualClock): Promise<Contender> {
  const directory = await mkdtemp(join(tmpdir(), 'leeway-replay-'))
  const store = sqliteStore({ path: join(directory, 'sessions.db') })
  const sessions = createSessions({
    store,
    initialData: () => ({ value: '' }),
    idleTimeoutMs: IDLE_MS,
    graceMs: GRACE_MS,
    clock,
  })
  const first = await sessions.open()
  first.data.value = 'before'
  let { token } = await first.save()
  let request: Session<{ value: string }>
  let cutoff = 0
  return {
    steps: {
      C: async () => {
        cutoff = clock.now()
        return 'takes the time as its cut-off'
      },
      // The same store as everywhere else: its one statement tests and deletes.
      D: async () => `deletes ${(await store.sweep({ cutoff, limit: 100, budgetMs: 1000 })).removed}`,
      L: async () => {
        request = await sessions.open(token)
        return request.isNew ? 'refused, it has expired: a new session' : `loads “${request.data.value}”`
      },
      P: async () => 'works on it',
      S: async () => {
        request.data.value = 'after'
        const saved = await request.save()
        token = saved.token ?? token
        return `saves “after”: ${saved.status}`
      },
    },
    readBack: async () => {
      const later = await sessions.open(token)
      return later.isNew ? null : later.data.value
    },
    close: async () => {
      await sessions.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
