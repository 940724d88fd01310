import type { Lifetime, SessionStore } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import { GRACE_MS, IDLE_MS } from '../engine/samples.ts'

/** Two handles on the same records. */
export type Handles = readonly [SessionStore, SessionStore]

export async function twoHandles(ctx: RuleContext): Promise<Handles> {
  return [await ctx.open(), await ctx.open()]
}

/** The handle of the n-th caller. */
export function handle(handles: Handles, n: number): SessionStore {
  return n % 2 === 0 ? handles[0] : handles[1]
}

export function at<T>(items: readonly T[], n: number): T {
  const item = items[n]
  if (item === undefined) throw new RangeError(`no item ${n}`)
  return item
}

/** A lifetime as core renews it now. */
export function fromNow(ctx: RuleContext): Lifetime {
  const expiresAt = ctx.clock.now() + IDLE_MS
  return { expiresAt, purgeAt: expiresAt + GRACE_MS }
}
