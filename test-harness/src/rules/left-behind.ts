import { AsyncLocalStorage, createHook } from 'node:async_hooks'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import type { SessionStore } from '@leeway/core/adapter'
import { siteOf, stackHere } from '../engine/call-sites.ts'
import type { RuleContext } from '../engine/context.ts'
import { ConformanceFailure } from '../engine/failure.ts'
import type { Rule } from '../engine/rule.ts'
import { refusedCalls, validCalls } from './calls.ts'
import { failHook } from './needs.ts'

/** A timer that ends within so long, in real milliseconds, keeps nobody waiting. */
const SHORT_MS = 200

/** No rejection is left to the process. */
export const leftRejectionRules: readonly Rule[] = [
  {
    id: 'ERROR-011',
    level: 'MUST',
    tier: 'core',
    title: 'no refused call leaves a rejection behind that nobody handles',
    why: 'Node ends the process for it, and with it the requests of all users.',
    async check(ctx) {
      await expectAllHandled(async () => {
        const store = await ctx.open()
        for (const [, call] of refusedCalls(ctx, store)) await settled(call)
        await useAndClose(ctx, store)
      })
    },
  },
  {
    id: 'ERROR-012',
    level: 'MUST',
    tier: 'core',
    title: 'no call of a failing backend leaves a rejection behind that nobody handles',
    why: 'Work that goes on behind an answer fails as well: an outage of the storage must not become one of the application.',
    needs: failHook,
    async check(ctx) {
      await expectAllHandled(async () => useAndClose(ctx, await ctx.openFailing()))
    },
  },
]

/** Nor is a timer. */
export const leftTimerRules: readonly Rule[] = [
  {
    id: 'CLOSE-006',
    level: 'MUST',
    tier: 'core',
    title: 'after close no timer of the store keeps the process alive',
    why: 'A cleanup that nobody can stop, or the timer of a call that was answered long ago, keeps scripts, tests and deployments from ending (scs starts one in its constructor).',
    async check(ctx) {
      const left = await timersLeftOf(async () => useAndClose(ctx, await ctx.open()))
      if (left.length === 0) return
      const at = [...new Set(left.map((site) => `${site}: where a timer was started that still runs`))]
      throw new ConformanceFailure('how many timers still run after close', { expected: 0, actual: left.length, at })
    },
  },
]

/** Every operation, close, and every operation on the closed handle. */
async function useAndClose(ctx: RuleContext, store: SessionStore): Promise<void> {
  for (const [, call] of validCalls(ctx, store, ctx.session())) await settled(call)
  await settled(() => store.close())
  for (const [, call] of validCalls(ctx, store, ctx.session())) await settled(call)
}

async function settled(call: () => Promise<unknown>): Promise<void> {
  await Promise.allSettled([(async () => call())()])
}

type StartedTimers = Map<number, { readonly timer: NodeJS.Timeout; readonly stack: string }>

function leftOf(timers: StartedTimers) {
  return [...timers.values()].filter(({ timer }) => timer.hasRef())
}

/** Where those timers were started by `work`, or by what it set in motion, that keep the process alive after it. */
async function timersLeftOf(work: () => Promise<void>): Promise<string[]> {
  const timers: StartedTimers = new Map()
  const isOfWork = new AsyncLocalStorage<boolean>()
  const hook = createHook({
    init(id, type, _trigger, resource) {
      if (type !== 'Timeout' || !isOfWork.getStore()) return
      timers.set(id, { timer: resource as NodeJS.Timeout, stack: stackHere() })
    },
    destroy: (id) => void timers.delete(id),
  }).enable()
  try {
    await isOfWork.run(true, work)
    await laterTurn()
    const until = performance.now() + SHORT_MS
    while (leftOf(timers).length > 0 && performance.now() < until) await pause(5)
  } finally {
    hook.disable()
    isOfWork.disable()
  }
  return leftOf(timers).map(({ stack }) => siteOf(stack) ?? 'unknown')
}

/** Node tells of what has ended, and of rejections, between two turns of its event loop. */
async function laterTurn(): Promise<void> {
  for (let n = 0; n < 3; n++) await turn()
}

/** Nobody else is told of what is rejected meanwhile: test runners take it for a failure of their own. */
async function expectAllHandled(work: () => Promise<void>): Promise<void> {
  const others = process.listeners('unhandledRejection')
  const reasons: unknown[] = []
  const note = (reason: unknown) => void reasons.push(reason)
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', note)
  try {
    await work()
    await laterTurn()
  } finally {
    process.off('unhandledRejection', note)
    for (const listener of others) process.on('unhandledRejection', listener)
  }
  if (reasons.length === 0) return
  throw new ConformanceFailure('rejections that nobody handled', {
    expected: [],
    actual: reasons.map(String),
    at: [...new Set(reasons.map((reason) => `${siteOf(stackOf(reason)) ?? 'unknown'}: where one was thrown`))],
  })
}

function stackOf(reason: unknown): string | undefined {
  return reason instanceof Error ? reason.stack : undefined
}
