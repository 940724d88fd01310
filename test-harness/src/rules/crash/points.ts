import { LeewayError, type SessionStore } from '@leeway/core/adapter'
import type { ChildHandle } from '../../engine/child-handle.ts'
import type { CrashPoint } from '../../engine/child-messages.ts'
import type { StoreProcess } from '../../engine/child-process.ts'
import type { RuleContext } from '../../engine/context.ts'
import { TIMED_OUT, within } from '../../engine/deadline.ts'
import { answerOf } from '../../engine/expect.ts'
import { performAny, stored } from './records.ts'
import type { Scenario } from './scenario.ts'
import { CrashStory, DYING } from './story.ts'

/** How long an operation may take to get to its step while others stand before theirs: it may wait for their locks. */
const STALL_MS = 500

/** One place in one operation at which a process dies. */
export interface Crash {
  /** As it is replayed. */
  readonly name: string
  readonly point: CrashPoint
  readonly scenario: Scenario
}

/** An operation that is under way in a process that is about to die. */
export interface Dying extends Crash {
  /** A handle that is open in another process meanwhile, where the store allows that. */
  readonly survivor: SessionStore | undefined
  /** Opens a handle on the same records. */
  reopen(): Promise<SessionStore>
}

/** A crash that has happened. */
export interface Crashed extends Dying {
  /** What the operation had answered before; undefined if it had not. */
  readonly answer: string | undefined
  readonly story: CrashStory
}

/**
 * Every place in the operation: right after it was called, before each of its backend calls, right after its answer.
 * How many calls those are is found out by counting them.
 */
export async function crashesOf(ctx: RuleContext, prefix: string, scenarioOf: () => Scenario): Promise<Crash[]> {
  const points: [string, CrashPoint][] = [['called', { calls: 1 }]]
  const steps = await countSteps(ctx, scenarioOf())
  for (let step = 1; step <= steps; step++) points.push([String(step), { step }])
  points.push(['answered', { answers: 1 }])
  return points.map(([name, point]) => ({ name: `${prefix}${name}`, point, scenario: scenarioOf() }))
}

/** Those that are to be run. */
export function selected(ctx: RuleContext, crashes: readonly Crash[]): readonly Crash[] {
  const { only } = ctx.settings
  if (only === undefined) return crashes
  const found = crashes.filter(({ name }) => name === only)
  if (found.length > 0) return found
  const names = crashes.map(({ name }) => name).join(', ')
  throw new LeewayError('ERR_INVALID_OPTION', `there is no crash ${only} here, only ${names}`, { operation: 'replay' })
}

/**
 * Has processes die at all these places, and calls `check` after each. As starting a process is what takes time, one
 * process stands before many steps at once, each on records of its own, until somebody kills it.
 *
 * @param meanwhile called for each crash when its operation is under way and the process still lives
 */
export async function crashAll(
  ctx: RuleContext,
  crashes: readonly Crash[],
  check: (crashed: Crashed) => Promise<void>,
  meanwhile: (dying: Dying) => void = () => {},
): Promise<void> {
  const deadly = crashes.filter((crash) => !isStep(crash))
  const ahead = Array.from({ length: Math.max(1, deadly.length) }, () => ctx.startProcess())
  await Promise.all(ahead)
  let left = [...crashes.filter(isStep), ...deadly]
  while (left.length > 0) {
    const process = await (ahead.shift() ?? ctx.startProcess())
    // What kills the process itself comes last.
    const upTo = left.findIndex((crash) => !isStep(crash)) + 1 || left.length
    const crashed = await crash(ctx, process, left.slice(0, upTo), meanwhile)
    left = left.slice(crashed.length)
    for (const one of crashed) {
      ctx.count('crash points')
      await check(one)
    }
  }
}

/** Begins one after another, until the process has died, or one waits for others; gives those that got to their place. */
async function crash(
  ctx: RuleContext,
  process: StoreProcess,
  crashes: readonly Crash[],
  meanwhile: (dying: Dying) => void,
): Promise<Crashed[]> {
  const prepared = await Promise.all(crashes.map((one) => prepare(ctx, process, one)))
  const begun: Begun[] = []
  for (const { dying, handle } of prepared) {
    const next = begin(process, dying, handle)
    if (!isStep(dying)) meanwhile(dying)
    if (begun.length > 0 && (await within(STALL_MS, next.arrived)) === TIMED_OUT) break
    await next.arrived
    if (isStep(dying)) meanwhile(dying)
    begun.push(next)
  }
  await process.kill()
  return Promise.all(begun.map(crashedOf))
}

interface Prepared {
  readonly dying: Dying
  readonly handle: ChildHandle
}

interface Begun extends Prepared {
  /** Resolves with the operation's answer, or with nothing once its process has ended. */
  readonly running: Promise<string | undefined>
  /** Resolves once it stands where it is to die, or has ended. */
  readonly arrived: Promise<unknown>
}

async function prepare(ctx: RuleContext, process: StoreProcess, crash: Crash): Promise<Prepared> {
  // Each has a namespace of its own, so that crashes do not meet.
  const namespace = ctx.id()
  const handle = await process.open({ namespace })
  await fill(handle.store, crash.scenario)
  const survivor = ctx.capabilities.sharedBy === 'process' ? undefined : await ctx.open({ namespace })
  await handle.crashAt(crash.point)
  return { dying: { ...crash, survivor, reopen: () => ctx.open({ namespace }) }, handle }
}

function begin(process: StoreProcess, dying: Dying, handle: ChildHandle): Begun {
  const running = performAny(handle.store, dying.scenario.operation).catch((error: unknown) => {
    if (!process.hasEnded) throw error
    return undefined
  })
  const settled = running.catch(() => {})
  return { dying, handle, running, arrived: isStep(dying) ? Promise.race([handle.standing, settled]) : process.ended }
}

function isStep({ point }: Crash): boolean {
  return 'step' in point
}

async function crashedOf({ dying, handle, running }: Begun): Promise<Crashed> {
  const { name, point, scenario } = dying
  const { kind } = scenario.operation
  const isAnswered = await running.then(
    (answer) => answer !== undefined,
    () => true,
  )
  const story = new CrashStory(name, isAnswered ? `after the answer of ${kind}` : whereOf(point, kind, handle.steps))
  const answer = await story.next(kind, () => running, DYING)
  for (const step of handle.steps.slice(0, isAnswered ? undefined : -1)) story.died(step)
  story.died('SIGKILL')
  return { ...dying, answer, story }
}

function whereOf(point: CrashPoint, kind: string, steps: readonly string[]): string {
  if ('step' in point) return `before backend call ${point.step} of ${kind} (${steps.at(-1)})`
  return `right after the ${'calls' in point ? 'call' : 'answer'} of ${kind}`
}

async function countSteps(ctx: RuleContext, scenario: Scenario): Promise<number> {
  let [isCounting, steps] = [false, 0]
  const step = async (): Promise<void> => {
    if (isCounting) steps++
  }
  const store = await ctx.open({ namespace: ctx.id(), step })
  await fill(store, scenario)
  isCounting = true
  await answerOf(performAny(store, scenario.operation), scenario.operation.kind)
  await store.close()
  return steps
}

async function fill(store: SessionStore, { records }: Scenario): Promise<void> {
  for (const record of stored(records)) await answerOf(store.create(record), 'create')
}
