import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'

export type NamedCall = readonly [operation: string, call: () => Promise<unknown>]

/** A call of every operation that the store has, with values that it takes. */
export function validCalls(ctx: RuleContext, store: SessionStore, session: StoredSession): NamedCall[] {
  const calls: NamedCall[] = [
    ['create', () => store.create(session)],
    ['load', () => store.load(session.id)],
    ['update', () => store.update(session, ctx.version())],
    ['touch', () => store.touch(session, session)],
    ['destroy', () => store.destroy(session.id)],
    ['sweep', () => store.sweep({ cutoff: session.purgeAt, limit: 10, budgetMs: 1_000 })],
  ]
  return [...calls, ...listCall(store, 10)]
}

/** A call of every operation that the store has, with a value that it has to refuse. */
export function refusedCalls(ctx: RuleContext, store: SessionStore): NamedCall[] {
  const wrong = { ...ctx.session(), id: 'wrong' }
  const calls: NamedCall[] = [
    ['create', () => store.create(wrong)],
    ['load', () => store.load(wrong.id)],
    ['update', () => store.update(wrong, ctx.version())],
    ['touch', () => store.touch(wrong, wrong)],
    ['destroy', () => store.destroy(wrong.id)],
    ['sweep', () => store.sweep({ cutoff: 0, limit: 0, budgetMs: 1 })],
  ]
  return [...calls, ...listCall(store, 0)]
}

function listCall(store: SessionStore, limit: number): NamedCall[] {
  return store.list ? [['list', store.list.bind(store, { limit })]] : []
}
