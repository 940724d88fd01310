import type { SessionStore } from '@leeway/core/adapter'
import { runWatched, siteOf, type Watched, watchCallSites } from './call-sites.ts'
import { describeError } from './expect.ts'
import { show } from './failure.ts'

const KEPT_LINES = 12

interface Call {
  /** As in `store1.update`. */
  readonly name: string
  readonly argument: string
  answer: string
  /** Where the store was at last, in its own code. */
  site?: string | undefined
  /** Where it was when another call went on, and which one. */
  stood?: { readonly site: string; readonly meanwhile: string }
}

/** What was asked of the stores of one rule and what they answered: the end of it stands in the report of a failure. */
export class Trace {
  #calls: Call[] = []
  #lastAnswerAt = Number.NEGATIVE_INFINITY
  #isWatched = false
  #moving: Call | undefined

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
        answer: '',
      }
      this.#calls = [...this.#calls.slice(1 - KEPT_LINES), entry]
      const running = this.#isWatched ? runWatched(this.#watched(entry), call) : call()
      if (running instanceof Promise) {
        running.then(
          (answer) => {
            this.#lastAnswerAt = performance.now()
            entry.answer = brief(answer)
          },
          (error) => {
            this.#lastAnswerAt = performance.now()
            entry.answer = describeError(error)
            if (this.#isWatched) entry.site = (error instanceof Error && siteOf(error.stack)) || entry.site
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
    const met = this.#calls.flatMap(({ name, stood }) =>
      stood ? [{ site: stood.site, of: `where ${name} stood while ${stood.meanwhile} went on` }] : [],
    )
    const lastWrite = this.#calls.findLast(({ name }) => !/\.(?:load|list|close)$/.test(name))
    const ended = [lastWrite, this.#calls.at(-1)].flatMap((call) =>
      call?.site === undefined ? [] : [{ site: call.site, of: `in ${call.name}` }],
    )
    const shown = new Map((areMeant && met.length > 0 ? met : ended).map(({ site, of }) => [site, of]))
    return [...shown].map(([site, of]) => `${site}: ${of}`)
  }

  #watched(call: Call): Watched {
    return {
      reached: (site) => {
        if (call.answer !== '' || call.name.endsWith('.close')) return
        const other = this.#moving
        if (other && other !== call && other.answer === '' && other.site !== undefined) {
          other.stood = { site: other.site, meanwhile: call.name }
        }
        this.#moving = call
        // What awaits is told after what it awaits, which is nearer to where the store stands.
        if (!call.site?.endsWith(` ← ${site}`)) call.site = site
      },
    }
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
