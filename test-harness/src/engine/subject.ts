import { assertKnownOptions, type Clock, LeewayError, type SessionId, type SessionStore } from '@leeway/core/adapter'

/** Awaited by a store before each of its backend calls, with a name for the call. The kit holds operations there. */
export type Step = (name: string) => Promise<void>

/** What the kit asks of a store that it opens. The same `scratch` and `namespace` are the same records. */
export interface OpenOptions {
  /** An existing, empty directory of this rule's own, removed afterwards. Stores elsewhere derive a name from it. */
  readonly scratch: string
  readonly namespace: string
  /** Moves only when a rule moves it. Stores without a native TTL have no use for it. */
  readonly clock: Clock
  /** Pass it on if an operation of the store is more than one backend call; otherwise ignore it. */
  readonly step: Step
  /** The longest payload the store has to take, in bytes of UTF-8; stores with a fixed limit declare theirs. */
  readonly maxPayloadBytes: number
}

/** Where a stored record is to be found. */
export interface RecordLocation {
  readonly scratch: string
  readonly namespace: string
  readonly id: SessionId
}

/** A store under test. Hooks are optional; each unlocks the rules that need it. */
export interface Subject {
  readonly name: string
  /**
   * Where this subject is the default export: `import.meta.url`, or `__filename`. Rules that need processes of their own
   * import it there; without it they are reported as not run. The command line knows it anyway.
   */
  readonly module?: string | undefined
  /** Opens a handle. Called several times a rule; the kit closes what it opened. */
  open(options: OpenOptions): SessionStore | Promise<SessionStore>
  /** Damages the stored record so that it can no longer be read. It stays stored. */
  corrupt?(record: RecordLocation): void | Promise<void>
  /** Opens a handle as `open` does, on a backend that has begun to fail: no call can reach its records. */
  fail?(options: OpenOptions): SessionStore | Promise<SessionStore>
  /**
   * The backend drops records by itself, at most two seconds after their purge time as real time passes: a rule then waits
   * for it. Only for stores that declare `purge: 'native'`.
   */
  readonly expiresInRealTime?: boolean | undefined
  /** Removes what the store keeps outside `scratch`. Called once a rule, after everything is closed. */
  discard?(location: { readonly scratch: string }): void | Promise<void>
}

const NAMES = [
  'name',
  'module',
  'open',
  'corrupt',
  'fail',
  'expiresInRealTime',
  'discard',
] as const satisfies readonly (keyof Subject)[]

/**
 * Describes a store to the kit. Make it the default export of a module of its own, so that every door of the kit can
 * import it.
 *
 * @example
 * export default defineSubject({
 *   name: 'my-store',
 *   open: ({ scratch, namespace, clock, step }) => myStore({ directory: scratch, namespace, clock, step }),
 * })
 * @throws `ERR_INVALID_OPTION`
 */
export function defineSubject(subject: Subject): Subject {
  assertKnownOptions(subject, NAMES, 'defineSubject')
  if (typeof subject.name !== 'string' || subject.name === '') invalid('name must be a string that says something')
  if (typeof subject.open !== 'function') invalid('open must be a function that returns a store')
  if (subject.module !== undefined && typeof subject.module !== 'string') invalid('module must be import.meta.url')
  if (!['boolean', 'undefined'].includes(typeof subject.expiresInRealTime)) {
    invalid('expiresInRealTime must be true or false')
  }
  for (const hook of ['corrupt', 'fail', 'discard'] as const) {
    if (subject[hook] !== undefined && typeof subject[hook] !== 'function') invalid(`${hook} must be a function`)
  }
  return Object.freeze({ ...subject })
}

function invalid(message: string): never {
  throw new LeewayError('ERR_INVALID_OPTION', message, { operation: 'defineSubject' })
}
