import type { ErrorCode, Lifetime, LoadedRef, SessionStore, StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import { refusedCalls, validCalls } from './calls.ts'
import { LONGEST_TRIED } from './sizes.ts'

/** A call that the store has to refuse. */
export interface Refusal {
  readonly operation: string
  /** What is wrong with it. */
  readonly what: string
  readonly codes: readonly ErrorCode[]
  readonly call: () => Promise<unknown>
}

/** One call for each reason that an operation has to refuse it, on a handle that is open. */
export function refusals(ctx: RuleContext, store: SessionStore): Refusal[] {
  const valid = ctx.session()
  const { id, version, owner } = valid
  const wrong = Number.NaN
  const writes = (what: string, code: ErrorCode, fields: Partial<Record<keyof StoredSession, unknown>>): Refusal[] => {
    const session = { ...valid, ...fields } as StoredSession
    return [
      { operation: 'create', what, codes: [code], call: () => store.create(session) },
      { operation: 'update', what, codes: [code], call: () => store.update(session, version) },
    ]
  }
  const touch = (what: string, fields: Partial<Record<keyof LoadedRef, unknown>>, lifetime: Lifetime): Refusal => {
    const loaded = { id, version, owner, ...fields } as LoadedRef
    return { operation: 'touch', what, codes: ['ERR_INVALID_RECORD'], call: () => store.touch(loaded, lifetime) }
  }
  const { maxPayloadBytes } = store.capabilities
  return [
    ...refusedCalls(ctx, store).map(([operation, call]) => {
      const codes = ['ERR_INVALID_ID', 'ERR_INVALID_OPTION'] as const
      return { operation, what: 'a wrong value', codes, call }
    }),
    ...writes('a wrong version', 'ERR_INVALID_RECORD', { version: 'short' }),
    ...writes('a wrong expiry', 'ERR_INVALID_RECORD', { expiresAt: wrong }),
    ...writes('a wrong owner', 'ERR_INVALID_RECORD', { owner: 7 }),
    ...writes('a payload that is no text', 'ERR_INVALID_PAYLOAD', { payload: 7 }),
    ...writes('a payload with a lone surrogate', 'ERR_INVALID_PAYLOAD', { payload: '\ud800' }),
    ...(maxPayloadBytes <= LONGEST_TRIED
      ? writes('a payload that is too long', 'ERR_PAYLOAD_TOO_LARGE', { payload: 'x'.repeat(maxPayloadBytes + 1) })
      : []),
    {
      operation: 'update',
      what: 'a wrong expected version',
      codes: ['ERR_INVALID_RECORD'],
      call: () => store.update(valid, null as unknown as string),
    },
    touch('a wrong version', { version: 'short' }, valid),
    touch('a wrong lifetime', {}, { expiresAt: wrong, purgeAt: valid.purgeAt }),
  ]
}

/** A call of every operation, on a handle that has been closed. */
export function closedRefusals(ctx: RuleContext, closed: SessionStore): Refusal[] {
  return validCalls(ctx, closed, ctx.session()).map(([operation, call]) => {
    return { operation, what: 'a closed handle', codes: ['ERR_STORE_CLOSED'], call }
  })
}
