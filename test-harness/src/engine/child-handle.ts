import { type Clock, LeewayError, type SessionStore } from '@leeway/core/adapter'
import type { Answer, Arguments, CrashPoint, ErrorData, Method, Opened, Reply, Request } from './child-messages.ts'

/** A request without what the process adds to it. */
export type Asked<R = Request> = R extends Request ? Omit<R, 'number' | 'handle'> : never

/** How a call in another process went: when it began and ended there, in nanoseconds, and what came of it. */
export type Timed<T> = Pick<Reply, 'startedAt' | 'endedAt'> & ({ readonly answer: T } | { readonly error: Error })

/** A handle that is open in another process. Its calls reject with `ProcessEnded` if that ends before it has answered. */
export class ChildHandle {
  /** The handle as a store. */
  readonly store: SessionStore
  /** The names of the backend calls that were begun since {@link crashAt}. */
  readonly steps: string[] = []
  /** Resolves once an operation stands before the step of {@link crashAt}. */
  readonly standing: Promise<void>
  readonly #clock: Clock
  readonly #ask: (asked: Asked) => Promise<Reply>
  #stand = (): void => {}

  constructor(
    { capabilities, hasList }: Opened,
    clock: Clock,
    ask: (asked: Asked) => Promise<Reply>,
    follow: (store: SessionStore) => SessionStore,
  ) {
    this.#clock = clock
    this.#ask = ask
    this.standing = new Promise((resolve) => {
      this.#stand = resolve
    })
    const answer = async <M extends Method>(method: M, ...given: Arguments<M>): Promise<Answer<M>> => {
      const timed = await this.call(method, ...given)
      if ('error' in timed) throw timed.error
      return timed.answer
    }
    this.store = follow({
      capabilities: Object.freeze(capabilities),
      create: (session) => answer('create', session),
      load: (id) => answer('load', id),
      update: (session, expected) => answer('update', session, expected),
      touch: (loaded, lifetime) => answer('touch', loaded, lifetime),
      destroy: (id) => answer('destroy', id),
      sweep: (options) => answer('sweep', options),
      ...(hasList && { list: (query) => answer('list', query) }),
      close: () => answer('close'),
    })
  }

  /** Calls it and tells when. Resolves with the error where the store rejects. */
  async call<M extends Method>(method: M, ...given: Arguments<M>): Promise<Timed<Answer<M>>> {
    const at = { now: this.#clock.now(), monotonic: this.#clock.monotonic() }
    const { startedAt, endedAt, answer, error } = await this.#ask({ kind: 'call', method, given, ...at })
    if (error !== undefined) return { startedAt, endedAt, error: errorOf(error) }
    return { startedAt, endedAt, answer: answer as Answer<M> }
  }

  /** From now on its calls run up to this point; to be set once. */
  async crashAt(point: CrashPoint): Promise<void> {
    await this.#ask({ kind: 'crash', point })
  }

  /** To be told what the process tells of this handle. */
  heard(message: { kind: 'step'; name: string } | { kind: 'standing' }): void {
    if (message.kind === 'step') this.steps.push(message.name)
    else this.#stand()
  }
}

/** What was thrown in another process. */
export function errorOf({ name, message, code, operation }: ErrorData): Error {
  if (code !== undefined) return new LeewayError(code, message, { operation })
  return Object.assign(new Error(message), { name })
}
