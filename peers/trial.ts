import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { manualClock } from '../packages/core/src/testing.ts'
import { TIMED_OUT, within } from '../test-harness/src/engine/deadline.ts'
import { ConformanceFailure } from '../test-harness/src/engine/failure.ts'
import type { Step } from '../test-harness/src/engine/subject.ts'
import { follow } from './clock.ts'
import { destroy, type ExpressSession, get, sessionOf, set, touch } from './express-api.ts'
import { expressSession, type OpenPeer, type Peer, type Services } from './peer.ts'
import { withSteps } from './stepped-fs.ts'

const DEADLINE_MS = 10_000
export const LIFETIME_MS = 30 * 60_000

/** A handle whose calls are written down. */
export interface Handle {
  get(sid: string): Promise<ExpressSession | undefined>
  /** Saves `{ n }`, with an expiry that is a lifetime from now unless another is given. */
  set(sid: string, n: number, lifetimeMs?: number): Promise<void>
  touch(sid: string, n: number, lifetimeMs?: number): Promise<void>
  destroy(sid: string): Promise<void>
  cleanUp(): Promise<void>
}

/** One run of one check on one peer: a scratch directory, a clock and a trace of its own. */
export class Trial {
  readonly clock = manualClock()
  readonly peer: Peer
  readonly services: Services
  /** Holds the peer's storage in `store`, so that what appears beside that can be seen. */
  readonly scratch = mkdtempSync(join(tmpdir(), 'leeway-peer-'))
  readonly #opened: OpenPeer[] = []
  #lines: string[] = []
  #ids = 0
  #held = ''

  constructor(peer: Peer, services: Services) {
    this.peer = peer
    this.services = services
    mkdirSync(join(this.scratch, 'store'))
    follow(this.clock)
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  /** A new schedule: only what comes from now on is told. */
  begin(): string {
    this.#lines = []
    return `session-${++this.#ids}`
  }

  /** The call that the operation with a `step` has come to last. */
  noteHeld(operation: string): void {
    this.note(`${operation} is held before its ${this.#held} of a file`)
  }

  note(line: string): void {
    this.#lines.push(line)
  }

  /** Puts lines of an earlier schedule before those of this one. */
  precede(lines: readonly string[]): void {
    this.#lines.unshift(...lines)
  }

  /** @param step awaited before each call of node:fs that the peer makes */
  async open(step?: Step): Promise<Handle> {
    const opened = await this.peer.open(join(this.scratch, 'store'), this.services)
    this.#opened.push(opened)
    const { store } = opened
    const { Cookie } = expressSession(this.services)
    const session = (n: number, lifetimeMs = LIFETIME_MS) => sessionOf(Cookie, { n }, this.clock.now() + lifetimeMs)
    const watched: Step = (name) => {
      this.#held = name
      return step?.(name) ?? Promise.resolve()
    }
    const call = async <T>(text: string, work: () => Promise<T>): Promise<T> => {
      try {
        const answer = await within(DEADLINE_MS, step ? withSteps(watched, work) : work())
        if (answer === TIMED_OUT) throw new ConformanceFailure(`${text} never answers`)
        this.note(`${text} → ${told(answer, text.startsWith('get') ? 'nothing' : 'done')}`)
        return answer as T
      } catch (error) {
        this.note(`${text} → ${error}`)
        throw error
      }
    }
    return {
      get: (sid) => call(`get(${brief(sid)})`, () => get(store, sid)),
      set: (sid, n, lifetimeMs) =>
        call(`set(${brief(sid)}, { n: ${n} })`, () => set(store, sid, session(n, lifetimeMs))),
      async touch(sid, n, lifetimeMs) {
        await call(
          `touch(${brief(sid)}, { n: ${n} })`,
          async () => void (await touch(store, sid, session(n, lifetimeMs))),
        )
      },
      destroy: (sid) => call(`destroy(${brief(sid)})`, () => destroy(store, sid)),
      cleanUp: () => call('clean-up', async () => void (await opened.cleanUp?.())),
    }
  }

  async end(): Promise<void> {
    for (const { close } of this.#opened) await close?.()
    await this.peer.discard?.(join(this.scratch, 'store'), this.services)
    rmSync(this.scratch, { recursive: true, force: true })
  }
}

function brief(sid: string): string {
  return inspect(sid.length > 40 ? `${sid.slice(0, 20)}…` : sid)
}

function told(answer: unknown, nothing: string): string {
  if (answer === undefined) return nothing
  const { cookie: _, __lastAccess, ...fields } = answer as ExpressSession
  return inspect(fields)
}
