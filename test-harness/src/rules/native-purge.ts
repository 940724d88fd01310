import { setTimeout as passes } from 'node:timers/promises'
import { systemClock } from '@leeway/core'
import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import { answerOf, expectOneOf } from '../engine/expect.ts'
import { ConformanceFailure } from '../engine/failure.ts'
import type { Rule } from '../engine/rule.ts'
import { both, nativePurge, realTime } from './needs.ts'

const LIVES_MS = 1_000
/** On a machine that is too slow for that, records live longer. */
const LONGEST_MS = 16_000
/** Backends that count in seconds round up. */
const MOMENT_MS = 2_000
const PAUSE_MS = 50
/** Two clocks, one of which counts whole milliseconds. */
const SLACK_MS = 20

export const nativePurgeRules: readonly Rule[] = [
  {
    id: 'CAP-009',
    level: 'MUST',
    tier: 'core',
    title:
      'a store that declares purge by `native` drops every record once its purge time has passed in real time, and not before',
    why: "Nobody else clears it away. Redis' SET without KEEPTTL takes the time to live away: sessions that were saved once stay for ever; one that is set to the expiry, or that a touch leaves as it was, ends them early.",
    needs: both(nativePurge, realTime),
    async check(ctx) {
      const store = await ctx.open({ clock: systemClock })
      for (let livesMs = LIVES_MS; livesMs <= LONGEST_MS; livesMs *= 2) {
        const started = performance.now()
        const written = await writeAll(ctx, store, livesMs)
        if (written) return watch(ctx, store, { written, started, livesMs })
      }
      throw new Error(`three records could not be written within ${LONGEST_MS / 2} ms`)
    },
  },
]

/** Records with one purge time, by how they came by it. Undefined if they were not written in time. */
async function writeAll(
  ctx: RuleContext,
  store: SessionStore,
  livesMs: number,
): Promise<ReadonlyMap<string, StoredSession> | undefined> {
  const started = performance.now()
  const now = systemClock.now()
  const isLate = () => performance.now() - started > livesMs / 2
  const lifetime = { expiresAt: now + livesMs / 2, purgeAt: now + livesMs }
  const created = ctx.session(lifetime)
  const short = { expiresAt: now, purgeAt: now + Math.round(livesMs * 0.7) }
  const [updated, touched] = [ctx.session(short), ctx.session(short)]
  for (const session of [created, updated, touched]) await answerOf(store.create(session), 'create')
  const saved = ctx.successor(updated, lifetime)
  const answers = [
    await answerOf(store.update(saved, updated.version), 'update'),
    await answerOf(store.touch(touched, lifetime), 'touch'),
  ]
  if (isLate()) return undefined
  for (const answer of answers) expectOneOf(answer, ['saved', 'touched'], 'a write before the purge time')
  return new Map([
    ['created', created],
    ['updated', saved],
    ['touched', touched],
  ])
}

interface Watched {
  readonly written: ReadonlyMap<string, StoredSession>
  readonly started: number
  readonly livesMs: number
}

/** The one place where the kit waits for time to pass: that of a server is not its own to move. */
async function watch(ctx: RuleContext, store: SessionStore, { written, started, livesMs }: Watched): Promise<void> {
  const left = new Map(written)
  while (left.size > 0 && !ctx.settings.signal?.aborted) {
    for (const [how, { id }] of left) {
      const asked = performance.now() - started
      const isThere = (await answerOf(store.load(id), 'load')) !== undefined
      const answered = performance.now() - started
      const fail = (what: string): never => {
        const actual = `after ${Math.round(isThere ? asked : answered)} ms of ${livesMs}`
        throw new ConformanceFailure(`a record that was ${how} ${what}`, { actual })
      }
      if (isThere && asked > livesMs + MOMENT_MS) fail('is still there long after its purge time')
      if (!isThere && answered < livesMs - SLACK_MS) fail('was gone before its purge time')
      if (!isThere) left.delete(how)
    }
    await passes(PAUSE_MS)
  }
}
