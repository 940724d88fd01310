import type { SessionStore } from '@leeway/core/adapter'
import { CallPath, type Looked } from './call-path.ts'
import { runWatched, siteOf, watchCallSites } from './call-sites.ts'
import { describeError } from './expect.ts'
import { show } from './failure.ts'

const KEPT_LINES = 12
/** An answer that contains itself has no end. */
const DEEPEST = 6

interface Call {
  /** As in `store1.update`. */
  readonly name: string
  readonly argument: string
  readonly path: CallPath
  answer: string
}

/** What was asked of the stores of one rule and what they answered: the end of it stands in the report of a failure. */
export class Trace {
  #calls: Call[] = []
  #lastAnswerAt = Number.NEGATIVE_INFINITY
  #isWatched = false
  #moving: CallPath | undefined

  /** When a call last got its answer, on the clock of `performance.now()`. */
  get lastAnswerAt(): number {
    return this.#lastAnswerAt
  }

  /** The same store, with every call written down. Nothing else about it changes. */
  follow(store: SessionStore, handle: string): SessionStore {
    const called = <T>(operation: string, argument: unknown, call: () => Promise<T>): Promise<T> => {
      const entry: Call = {
        name: `${handle}.${operation}`,
        argument: argument === undefined ? '' : brief(argument),
        path: new CallPath(`${handle}.${operation}`),
        answer: '',
      }
      this.#calls = [...this.#calls.slice(1 - KEPT_LINES), entry]
      const running = this.#isWatched ? runWatched((site) => this.#reached(entry.path, site), call) : call()
      if (running instanceof Promise) {
        running.then(
          (answer) => {
            this.#lastAnswerAt = performance.now()
            entry.answer = brief(answer)
            entry.path.isOver = true
          },
          (error) => {
            this.#lastAnswerAt = performance.now()
            entry.answer = describeError(error)
            const thrownAt = this.#isWatched && error instanceof Error ? siteOf(error.stack) : undefined
            if (thrownAt !== undefined) entry.path.reached(thrownAt)
            entry.path.isOver = true
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
    return this.#calls.map(
      ({ name, argument, answer }) => `${name}(${argument}) → ${answer === '' ? 'no answer yet' : answer}`,
    )
  }

  /** From here on calls are followed into the store's own code, which is slow. Returns what ends it. */
  watch(): () => void {
    this.#isWatched = true
    return watchCallSites()
  }

  /**
   * Where to look in the store's code, if its calls were watched: where one stood while another one went on or, where
   * none did or none was meant to, the last call and the last that may have written.
   */
  sites(areMeant: boolean): string[] {
    const calls = this.#calls.filter(({ name }) => !name.endsWith('.close'))
    const met = calls.map(({ path }) => path.meeting)
    const lastWrite = calls.findLast(({ name }) => !/\.(?:load|list)$/.test(name))
    const ended = [lastWrite, calls.at(-1)].map((call) => call?.path.end)
    const shown = areMeant && met.some(Boolean) ? met : ended
    const bySite = new Map(shown.filter((looked): looked is Looked => !!looked).map((looked) => [looked.site, looked]))
    return [...bySite.values()].map(({ text }) => text)
  }

  #reached(path: CallPath, site: string): void {
    if (path.isOver) return
    if (this.#moving !== path) this.#moving?.isPassedBy(path)
    this.#moving = path
    path.reached(site)
  }
}

/** Long strings cut off and instants as times of the day, so that a call fits on a line. */
function brief(value: unknown): string {
  try {
    return show(shorten(value))
      .replaceAll("'", '')
      .replaceAll(/, cursor: undefined/g, '')
  } catch (error) {
    return `what cannot be read (${describeError(error)})`
  }
}

function shorten(value: unknown, key = '', depth = 0): unknown {
  if (typeof value === 'string') return value.length > 16 ? `${value.slice(0, 6)}…` : value
  if (typeof value === 'number' && /At$|^cutoff$/.test(key)) return timeOf(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === DEEPEST) return '…'
  if (Array.isArray(value)) return value.map((item) => shorten(item, '', depth + 1))
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shorten(field, name, depth + 1)]))
}

/** The time of the day of an instant of the rules' clock, whose day says nothing. */
export function timeOf(instant: number): string | number {
  const date = new Date(instant)
  return Number.isNaN(date.getTime()) ? instant : date.toISOString().slice(11, -1)
}
