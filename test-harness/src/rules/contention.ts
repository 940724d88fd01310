import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import { answerOf } from '../engine/expect.ts'
import type { Need, Rule } from '../engine/rule.ts'
import { GRACE_MS, IDLE_MS } from '../engine/samples.ts'
import { noSuchCase } from '../engine/settings.ts'
import { expectSomeOrder } from './interleaving.ts'
import { runInterrupted } from './interruptions.ts'
import { sweptPurge } from './needs.ts'
import { type Operation, perform } from './operations.ts'

/** So often an operation is interrupted at most: enough for those that give up, or force their way, after some tries. */
const MOST = 30

/** An operation that others do not let get on. */
interface Contention {
  readonly stored: StoredSession | undefined
  readonly operation: Operation
  /** What comes in between, of which it must lose again and again. */
  readonly others: readonly Operation[]
  /** What may come last: that after which the operation must not go on as if nothing had happened. */
  readonly last: Readonly<Record<string, Operation>>
}

type Contend = (ctx: RuleContext) => Contention

/** Touches, each a second further than the one before: the record is another one, its version is not. */
function touches(stored: StoredSession, stepMs = 1_000): Operation[] {
  return Array.from({ length: MOST }, (_, n) => touchBy(stored, (n + 1) * stepMs))
}

function touchBy(stored: StoredSession, ms: number): Operation {
  const { expiresAt, purgeAt } = stored
  return { kind: 'touch', loaded: stored, lifetime: { expiresAt: expiresAt + ms, purgeAt: purgeAt + ms } }
}

function writes(ctx: RuleContext, stored: StoredSession) {
  return {
    destroy: { kind: 'destroy', id: stored.id },
    update: { kind: 'update', session: ctx.successor(stored), expected: stored.version },
  } as const
}

const CONTENTIONS = {
  update(ctx) {
    const stored = ctx.session()
    const session = ctx.successor(stored, { expiresAt: stored.expiresAt - 1_000, purgeAt: stored.purgeAt })
    const operation: Operation = { kind: 'update', session, expected: stored.version }
    return { stored, operation, others: touches(stored), last: writes(ctx, stored) }
  },
  touch(ctx) {
    const stored = ctx.session()
    return { stored, operation: touchBy(stored, 3_600_000), others: touches(stored), last: writes(ctx, stored) }
  },
  destroy(ctx) {
    const stored = ctx.session()
    const operation: Operation = { kind: 'destroy', id: stored.id }
    return { stored, operation, others: touches(stored), last: writes(ctx, stored) }
  },
  /** The touches leave the record due, the last one does not. */
  sweep(ctx) {
    const stored = ctx.session({ expiresAt: ctx.clock.now() - IDLE_MS - GRACE_MS })
    const operation: Operation = { kind: 'sweep', cutoff: ctx.clock.now() }
    const last = { destroy: { kind: 'destroy', id: stored.id }, touch: touchBy(stored, IDLE_MS + GRACE_MS) } as const
    return { stored, operation, others: touches(stored, 1), last }
  },
  /** Taken whenever it was seen to be free, and freed again. */
  create(ctx) {
    const id = ctx.id()
    const taken = Array.from({ length: MOST }, (_, n): Operation => {
      return n % 2 === 0 ? { kind: 'destroy', id } : { kind: 'create', session: ctx.session({ id }) }
    })
    const operation: Operation = { kind: 'create', session: ctx.session({ id }) }
    const last = { destroy: { kind: 'destroy', id }, create: { kind: 'create', session: ctx.session({ id }) } } as const
    return { stored: undefined, operation, others: taken, last }
  },
  /** Replaced at every look. */
  load(ctx) {
    const stored = ctx.session()
    let before = stored
    const others = Array.from({ length: MOST }, (): Operation => {
      const expected = before.version
      before = ctx.successor(before)
      return { kind: 'update', session: before, expected }
    })
    return {
      stored,
      operation: { kind: 'load', id: stored.id },
      others,
      last: { destroy: writes(ctx, stored).destroy },
    }
  },
} as const satisfies Record<string, Contend>

type Name = keyof typeof CONTENTIONS

export const contentionRules: readonly Rule[] = [
  contended(
    'STEP-036',
    'update',
    'A compare-and-set that forces its write after three tries undoes what came in between, a logout included; one that gives up makes an error page of traffic.',
  ),
  contended(
    'STEP-037',
    'touch',
    'Tabs that poll renew one session all the time. Whoever loses again and again must neither write anyway nor give up.',
  ),
  contended(
    'STEP-038',
    'destroy',
    'A logout must not lose against the requests of a busy page, nor be told too early.',
  ),
  contended(
    'STEP-039',
    'sweep',
    'What a sweep could not remove it leaves for the next one; it must not remove at the third try what it would not have at the first.',
  ),
  contended(
    'STEP-040',
    'create',
    'Leases are taken and freed all the time: two who are told `created` hold the same one.',
  ),
  contended(
    'STEP-041',
    'load',
    'A reader that gives up after some looks logs out whoever is most active, and only under load.',
  ),
]

function contended(id: string, name: Name, why: string): Rule {
  const needs: { needs?: Need } = name === 'sweep' ? { needs: sweptPurge } : {}
  return {
    id,
    level: 'MUST',
    tier: 'concurrent',
    title: `${name} answers as one after another, and in the end, however often others come in between its backend calls`,
    why,
    ...needs,
    check: (ctx) => checkContention(ctx, CONTENTIONS[name]),
  }
}

async function checkContention(ctx: RuleContext, contend: Contend): Promise<void> {
  let runs = 0

  /** With so many of the others in between, and then the last one: how many there have been. */
  async function run(most: number, last?: string): Promise<number> {
    const namespace = `contended-${++runs}`
    const { stored, operation, others, last: choices } = contend(ctx)
    const end = last === undefined ? [] : [choices[last] ?? noSuchCase(`${last}-${most}`)]
    const between = [...others.slice(0, most), ...end]
    const details = { case: `${last ?? 'none'}-${most}` }
    const store = await ctx.open({ namespace })
    if (stored) await answerOf(store.create(stored), 'create')
    const interruptible = { kind: operation.kind, run: (handle: SessionStore) => perform(handle, operation) }
    const { answer, others: answers, drawing } = await runInterrupted(ctx, namespace, interruptible, between, details)
    const meeting = { stored, operations: [judged(operation, answer), ...between.slice(0, answers.length)] }
    await expectSomeOrder(store, meeting, [answer, ...answers], {
      precedes: (a, b) => a > 0 && a < b,
      details: { ...details, drawing },
      what: `${operation.kind} with ${answers.length} others in between`,
    })
    await store.close()
    return answers.length
  }

  const { only } = ctx.settings
  if (only !== undefined) {
    const [, last = '', most = ''] = /^([a-z]+)-(\d{1,2})$/.exec(only) ?? noSuchCase(only)
    return void (await run(Number(most), last === 'none' ? undefined : last))
  }
  const times = await run(MOST)
  for (const last of Object.keys(contend(ctx).last)) for (let most = 0; most < times; most++) await run(most, last)
}

/** A sweep may leave what it could not remove: one that says so is judged as if nothing had been due. */
function judged(operation: Operation, answer: string): Operation {
  return operation.kind === 'sweep' && answer === 'removed 0' ? { ...operation, cutoff: 0 } : operation
}
