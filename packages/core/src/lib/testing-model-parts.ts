// What the model of sessions is made of: see testing-model.ts.

export type Values = Record<string, number>

export interface Spans {
  readonly idle: number
  readonly absolute: number
  readonly grace: number
  readonly touch: number
  readonly overlap: number
  /** The first lifetime, where there is one. */
  readonly first?: number | undefined
}

export interface Retiming {
  readonly idleTimeoutMs?: number
  readonly absoluteTimeoutMs?: number
}

/** What was minted by the operation under test; the model takes nothing else from it. */
export interface Minted {
  readonly id: string
  readonly token: string | null
}

export interface ModelSession {
  readonly id: string
  data: Values
  owner: string | null
  /** Logins so far, and writes so far, touches excepted. */
  epoch: number
  writes: number
  idle: number
  absolute: number
  /** Until somebody has come back. */
  first: number | undefined
  absoluteAt: number
  expiresAt: number
  purgeAt: number
  current: string
  pending: string | null
  previous: { readonly token: string; readonly until: number } | null
}

/** One request's hold on a session, which may last. */
export interface ModelHandle {
  session: ModelSession | null
  /** Whether the request began the session, or came back to it. */
  began: boolean
  /** Destroyed here, or told that it has gone. */
  ended: boolean
  data: Values
  /** What `data` was when it was last in step with the store. */
  base: Values
  epoch: number
  openedAt: number
  /** The session as this request last saw it. */
  seen: ModelSession | null
  /** The current token, if that is what the request presented. */
  presented: string | null
  /** What there is to send. */
  token: string | null
  readonly retimings: Retiming[]
  unsavedRetimings: Retiming[]
}

export type Answer =
  | { readonly status: string; readonly token: string | null }
  | { readonly data: Values }
  | { readonly code: string; readonly keys?: readonly string[] }

export function idleOf({ idle, first = idle }: ModelSession): number {
  return Math.min(idle, first)
}

export function changes(before: Values, after: Values): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => before[key] !== after[key])
    .sort()
}

export function conflicts(
  { base, data }: ModelHandle,
  { data: theirs }: ModelSession,
  changed: readonly string[],
): string[] {
  return changed.filter((key) => theirs[key] !== base[key] && theirs[key] !== data[key])
}

export function put(values: Values, key: string, value: number | undefined): void {
  if (value === undefined) delete values[key]
  else values[key] = value
}
