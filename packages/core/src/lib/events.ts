import { channel } from 'node:diagnostics_channel'
import type { ErrorCode, LeewayError } from './errors.ts'
import type { SessionId, SweepResult } from './store.ts'

/** About one session. Messages carry ids, which are no credentials, and never a secret. */
export interface SessionEvent {
  readonly id: SessionId
  readonly owner: string | null
}

/** Why a token opened no stored session. */
export interface MissEvent {
  readonly id: SessionId | undefined
  readonly reason: 'malformed' | 'unknown' | 'wrong-secret' | 'undecodable'
  /** With `undecodable`: what is wrong with what is stored. */
  readonly error?: LeewayError | undefined
}

export interface ConflictEvent {
  readonly id: SessionId
  /** How many times this write has been beaten so far. Inside `exclusive` the first time is the last. */
  readonly attempts: number
}

/** A save that took the place of what another request had stored under the same keys, as `onConflict: 'overwrite'` asks. */
export interface OverwriteEvent {
  readonly id: SessionId
  readonly keys: readonly string[]
}

export interface GoneEvent {
  readonly id: SessionId
  readonly operation: string
}

export interface SweepEvent extends Pick<SweepResult, 'removed' | 'examined'> {
  readonly durationMs: number
  /** Set when the run ended early; what was counted until then has been removed. */
  readonly error?: unknown
}

export interface StoreErrorEvent {
  readonly operation: string
  readonly code: ErrorCode
  readonly error: unknown
}

/** The `diagnostics_channel` names and what is published there. */
export interface Events {
  'leeway:session:open': SessionEvent
  'leeway:session:miss': MissEvent
  'leeway:session:expired': SessionEvent
  'leeway:session:create': SessionEvent
  'leeway:session:save': SessionEvent
  'leeway:session:conflict': ConflictEvent
  'leeway:session:overwrite': OverwriteEvent
  'leeway:session:gone': GoneEvent
  'leeway:session:rotate': SessionEvent
  'leeway:session:theft': SessionEvent
  'leeway:session:destroy': SessionEvent
  'leeway:sweep': SweepEvent
  'leeway:store:error': StoreErrorEvent
}

export const EVENT_NAMES = [
  'leeway:session:open',
  'leeway:session:miss',
  'leeway:session:expired',
  'leeway:session:create',
  'leeway:session:save',
  'leeway:session:conflict',
  'leeway:session:overwrite',
  'leeway:session:gone',
  'leeway:session:rotate',
  'leeway:session:theft',
  'leeway:session:destroy',
  'leeway:sweep',
  'leeway:store:error',
] as const satisfies readonly (keyof Events)[]

const channels = Object.fromEntries(EVENT_NAMES.map((name) => [name, channel(name)])) as Record<
  keyof Events,
  ReturnType<typeof channel>
>

/** Publishes only when somebody listens. A listener that throws does not disturb the operation: Node reports it as an uncaught exception. */
export function publish<Name extends keyof Events>(name: Name, message: () => Events[Name]): void {
  const target = channels[name]
  if (target.hasSubscribers) target.publish(message())
}
