import { setTimeout as delay } from 'node:timers/promises'
import { LeewayError, type SessionId, type SessionStore, type StoredSession } from '@leeway/core/adapter'
import type { StoreProcess } from '../../engine/child-process.ts'
import type { RuleContext } from '../../engine/context.ts'
import { expectAnswer, expectEqual } from '../../engine/expect.ts'
import { Random } from '../../engine/random.ts'
import type { Rule } from '../../engine/rule.ts'
import { at } from '../handles.ts'
import { both, processes, survival } from '../needs.ts'
import { type Operation, perform, predict } from '../operations.ts'
import { patiently } from './aftermath.ts'
import { expectEither, expectRecords, predictAll, type Records } from './records.ts'
import { destroy, touch, update } from './scenario.ts'
import { CrashStory, DYING } from './story.ts'

const WRITERS = 12
/** Of some writers long enough to be written in parts; those of the others leave little time between two writes. */
const PAYLOAD_LENGTHS = [64 * 1024, 1, 1, 1]
/** After so many answers a process dies. */
const ANSWERS = [1, 20, 200]
/** A process that is killed from outside lives at most so long. */
const LONGEST_LIFE_MS = 200

/** Writes one session after the other's answer, and knows what has been answered. */
interface Writer {
  readonly id: SessionId
  readonly payloadLength: number
  record: StoredSession | undefined
  pending: Operation | undefined
}

export const writingRule: Rule = {
  id: 'CRASH-008',
  level: 'MUST',
  tier: 'crash-safe',
  title: 'of many writes at once, those that were answered before the process died are there',
  why: 'Batches and caches that are written later lose what users were told is saved, and only under load.',
  needs: both(survival, processes),
  soaks: true,
  async check(ctx) {
    const { only, seed, soakMs } = ctx.settings
    if (only !== undefined) return crashWriting(ctx, only)
    for (const answers of ANSWERS) await crashWriting(ctx, `answers-${answers}`)
    const random = new Random(seed)
    for (const end = performance.now() + soakMs; performance.now() < end; ) {
      await crashWriting(ctx, `ms-${1 + random.below(LONGEST_LIFE_MS)}`)
    }
  },
}

/** Has a process die after so many answers, or kills it after so many milliseconds. */
async function crashWriting(ctx: RuleContext, name: string): Promise<void> {
  const [, unit, amount] = /^(answers|ms)-(\d+)$/.exec(name) ?? []
  if (unit === undefined) {
    throw new LeewayError('ERR_INVALID_OPTION', `there is no crash ${name} here, only answers-40 or ms-7`, {
      operation: 'replay',
    })
  }
  const process = await ctx.startProcess()
  const namespace = ctx.id()
  const handle = await process.open({ namespace })
  const writers = Array.from(
    { length: WRITERS },
    (_, n): Writer => ({
      id: ctx.id(),
      payloadLength: Math.min(at(PAYLOAD_LENGTHS, n % PAYLOAD_LENGTHS.length), ctx.capabilities.maxPayloadBytes),
      record: undefined,
      pending: undefined,
    }),
  )
  const story = new CrashStory(name, unit === 'ms' ? `${amount} ms after it began` : `right after answer ${amount}`)
  if (unit === 'answers') await handle.crashAt({ answers: Number(amount) })
  const writing = story.next(
    `${WRITERS} writers`,
    async () => {
      await Promise.all(writers.map((writer) => writeOn(ctx, handle.store, process, writer)))
    },
    DYING,
  )
  if (unit === 'ms') await Promise.race([writing, delay(Number(amount)).then(() => process.kill())])
  await writing
  story.died('SIGKILL')
  ctx.count('crash points')
  await patiently(ctx, story, () => expectWritten(ctx, namespace, writers, story))
  ctx.draw(story.drawing)
}

/** One write after the other until the process has ended. */
async function writeOn(ctx: RuleContext, store: SessionStore, process: StoreProcess, writer: Writer): Promise<void> {
  for (let n = 0; ; n++) {
    const operation = nextOf(ctx, writer, n)
    const [expected, after] = predict(writer.record, operation)
    writer.pending = operation
    try {
      expectEqual(await perform(store, operation), expected, `${operation.kind} answers`)
    } catch (error) {
      if (process.hasEnded) return
      throw error
    }
    writer.pending = undefined
    writer.record = after
  }
}

/** Creates the record, changes it three times and destroys it, again and again. */
function nextOf(ctx: RuleContext, { id, payloadLength, record }: Writer, n: number): Operation {
  const payload = String(n).padEnd(payloadLength, '.')
  if (record === undefined) return { kind: 'create', session: ctx.session({ id, payload, owner: 'ann' }) }
  const operation = at([update, touch, update, destroy], (n - 1) % 5)(ctx, record)
  return operation.kind === 'update' ? { ...operation, session: { ...operation.session, payload } } : operation
}

/** Each record is as its last answered write has left it, or as the one under way does. */
async function expectWritten(ctx: RuleContext, namespace: string, writers: readonly Writer[], story: CrashStory) {
  const fresh = await ctx.open({ namespace })
  const before = new Map(writers.map(({ id, record }) => [id, record]))
  const after = new Map(writers.map(({ id, record, pending }) => [id, pending ? predict(record, pending)[1] : record]))
  let records: Records = before
  await story.next('load and list', async () => {
    records = await expectEither(fresh, before, after)
  })
  for (const { pending } of writers) {
    if (pending === undefined) continue
    const [expected, next] = predictAll(records, pending)
    await story.next(`${pending.kind} again`, async () => {
      await expectAnswer(perform(fresh, pending), expected, `${pending.kind} answers`)
      return expected
    })
    records = next
  }
  await story.next('load and list', () => expectRecords(fresh, records))
  await fresh.close()
}
