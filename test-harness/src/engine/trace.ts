import type { SessionStore } from '@leeway/core/adapter'
import { describeError } from './expect.ts'
import { show } from './failure.ts'

const KEPT_LINES = 12

interface Call {
  readonly text: string
  answer: string
}

/** What was asked of the stores of one rule and what they answered: the end of it stands in the report of a failure. */
export class Trace {
  #calls: Call[] = []
  #lastAnswerAt = Number.NEGATIVE_INFINITY

  /** When a call last got its answer, on the clock of `performance.now()`. */
  get lastAnswerAt(): number {
    return this.#lastAnswerAt
  }

  /** The same store, with every call written down. Nothing else about it changes. */
  follow(store: SessionStore, handle: string): SessionStore {
    const called = <T>(operation: string, argument: unknown, call: () => Promise<T>): Promise<T> => {
      const entry: Call = {
        text: `${handle}.${operation}(${argument === undefined ? '' : brief(argument)})`,
        answer: '',
      }
      this.#calls = [...this.#calls.slice(1 - KEPT_LINES), entry]
      const running = call()
      if (running instanceof Promise) {
        running.then(
          (answer) => {
            this.#lastAnswerAt = performance.now()
            entry.answer = brief(answer)
          },
          (error) => {
            this.#lastAnswerAt = performance.now()
            entry.answer = describeError(error)
          },
        )
      }
      return running
    }
    const followed: SessionStore = {
      get capabilities() {
        return store.capabilities
      },
      create: (session) => called('create', session, () => store.create(session)),
      load: (id) => called('load', id, () => store.load(id)),
      update: (session, expected) => called('update', session, () => store.update(session, expected)),
      touch: (loaded, lifetime) => called('touch', { ...loaded, ...lifetime }, () => store.touch(loaded, lifetime)),
      destroy: (id) => called('destroy', id, () => store.destroy(id)),
      sweep: (options) => called('sweep', options, () => store.sweep(options)),
      close: () => called('close', undefined, () => store.close()),
    }
    const { list } = store
    if (list) followed.list = (query) => called('list', query, () => list.call(store, query))
    return followed
  }

  /** The last calls, oldest first. */
  lines(): string[] {
    return this.#calls.map(({ text, answer }) => `${text} → ${answer === '' ? 'no answer yet' : answer}`)
  }
}

/** Long strings cut off and instants as times of the day, so that a call fits on a line. */
function brief(value: unknown): string {
  return show(shorten(value))
    .replaceAll("'", '')
    .replaceAll(/, cursor: undefined/g, '')
}

function shorten(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return value.length > 16 ? `${value.slice(0, 6)}…` : value
  if (typeof value === 'number' && /At$|^cutoff$/.test(key)) return timeOf(value)
  if (Array.isArray(value)) return value.map((item) => shorten(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shorten(field, name)]))
}

function timeOf(instant: number): unknown {
  const date = new Date(instant)
  return Number.isNaN(date.getTime()) ? instant : date.toISOString().slice(11, -1)
}
