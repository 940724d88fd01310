import type { ErrorCode, SessionStore, StoreCapabilities } from '@leeway/core/adapter'

/** The operations of a store, which can be called in another process. */
export type Method = 'create' | 'load' | 'update' | 'touch' | 'destroy' | 'sweep' | 'list' | 'close'

export type Arguments<M extends Method> = Parameters<NonNullable<SessionStore[M]>>
export type Answer<M extends Method> = Awaited<ReturnType<NonNullable<SessionStore[M]>>>

/**
 * Where a process dies or an operation stops: before its `step`-th backend call (counted from 1), where it stands for
 * good until somebody kills the process; or, by its own SIGKILL, in the moment in which the `calls`-th call has been
 * made, or the `answers`-th answer has been sent.
 */
export type CrashPoint = { readonly step: number } | { readonly calls: number } | { readonly answers: number }

/** What a store was opened as in another process. */
export interface Opened {
  readonly capabilities: StoreCapabilities
  readonly hasList: boolean
}

/** An error as data. */
export interface ErrorData {
  readonly name: string
  readonly message: string
  readonly code?: ErrorCode | undefined
  readonly operation?: string | undefined
}

/** What the kit asks of a process. Every request is answered by a reply with its number, in any order. */
export type Request = { readonly number: number; readonly handle: number } & (
  | { readonly kind: 'open'; readonly scratch: string; readonly namespace: string; readonly maxPayloadBytes: number }
  | { readonly kind: 'crash'; readonly point: CrashPoint }
  | {
      readonly kind: 'call'
      readonly method: Method
      readonly given: readonly unknown[]
      /** The clock of the handle's opener. */
      readonly now: number
      readonly monotonic: number
    }
)

/** How a call went: instants in nanoseconds of a clock that all processes of the host share. */
export interface Reply {
  readonly number: number
  readonly startedAt: bigint
  readonly endedAt: bigint
  readonly answer?: unknown
  readonly error?: ErrorData
}

/** What a process tells: that it has loaded the subject, or why it could not or ends; a reply; a backend call begins. */
export type Message =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: ErrorData }
  | ({ readonly kind: 'reply' } & Reply)
  | { readonly kind: 'step'; readonly handle: number; readonly name: string }
  | { readonly kind: 'standing'; readonly handle: number }
