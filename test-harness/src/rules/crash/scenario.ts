import type { StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../../engine/context.ts'
import { GRACE_MS, IDLE_MS } from '../../engine/samples.ts'
import type { Operation } from '../operations.ts'
import { type Interrupted, type Records, recordsOf } from './records.ts'

/** What is stored, and what is under way when the process dies. */
export interface Scenario {
  readonly records: Records
  readonly operation: Interrupted
}

/** Makes an operation on a session, which is stored unless the operation creates it. */
export type Make<O extends Interrupted = Interrupted> = (ctx: RuleContext, session: StoredSession) => O

export const create: Make = (_, session) => ({ kind: 'create', session })
export const load: Make = (_, { id }) => ({ kind: 'load', id })
export const list: Make = () => ({ kind: 'list', owner: 'ann' })
export const destroy: Make<Operation> = (_, { id }) => ({ kind: 'destroy', id })
export const sweep: Make = (ctx) => ({ kind: 'sweep', cutoff: ctx.clock.now() })
/** By another owner, so that both owners' lists change. */
export const update: Make<Operation> = (ctx, stored) => ({
  kind: 'update',
  session: ctx.successor(stored, { owner: 'bob' }),
  expected: stored.version,
})
export const touch: Make<Operation> = (ctx, stored) => {
  const expiresAt = ctx.clock.now() + IDLE_MS + 60_000
  return { kind: 'touch', loaded: stored, lifetime: { expiresAt, purgeAt: expiresAt + GRACE_MS } }
}

/**
 * The session of the operation, another one of its owner, one of nobody, and, where the store does not drop them by
 * itself, two that are due.
 */
export function scenarioOf(ctx: RuleContext, make: Make): Scenario {
  const session = ctx.session({ owner: 'ann' })
  const operation = make(ctx, session)
  const others = [ctx.session({ owner: 'ann' }), ctx.session()]
  const expiresAt = ctx.clock.now() - GRACE_MS
  const due = [ctx.session({ owner: 'ann', expiresAt }), ctx.session({ expiresAt })]
  return {
    operation,
    records: recordsOf(
      ...(operation.kind === 'create' ? [] : [session]),
      ...others,
      ...(ctx.capabilities.purge === 'sweep' ? due : []),
    ),
  }
}
