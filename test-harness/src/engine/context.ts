import type { SessionId, SessionStore, StoreCapabilities, StoredSession, Version } from '@leeway/core/adapter'
import { DEFAULT_MAX_PAYLOAD_BYTES } from '@leeway/core/adapter'
import { type ManualClock, manualClock } from '@leeway/core/testing'
import type { Drawing } from '../report/drawing.ts'
import { StoreProcess } from './child-process.ts'
import type { Patience } from './patience.ts'
import type { Facts } from './rule.ts'
import { Samples } from './samples.ts'
import type { Settings } from './settings.ts'
import type { OpenOptions, Step } from './subject.ts'
import { Trace } from './trace.ts'

/** What a rule's check works with: handles on one storage of its own, a clock of its own, and sample records. */
export interface RuleContext {
  readonly settings: Settings
  /** The directory that every handle of this rule is opened with. */
  readonly scratch: string
  readonly clock: ManualClock
  readonly capabilities: StoreCapabilities
  /** How long what waits is waited for. */
  readonly patience: Patience
  /** Opens a handle; closed by the kit after the rule. Every handle of one namespace is on the same records. */
  open(options?: Partial<OpenOptions>): Promise<SessionStore>
  /** Starts a process that opens handles on the same records; killed by the kit after the rule. Needs `processes`. */
  startProcess(): Promise<StoreProcess>
  /** Opens a handle whose backend fails. For rules that need the hook `fail`. */
  openFailing(): Promise<SessionStore>
  /** Damages a stored record. For rules that need the hook `corrupt`. */
  corrupt(id: SessionId): Promise<void>
  id(): SessionId
  version(): Version
  session(fields?: Partial<StoredSession>): StoredSession
  successor(loaded: StoredSession, fields?: Partial<StoredSession>): StoredSession
  /** What the report is to draw beside the rule, whether it is kept or not. A failure's own drawing goes before it. */
  draw(drawing: Drawing): void
  /** Adds to a number that stands in the rule's result, such as how many orders were run. */
  count(what: string, by?: number): void
}

/** The context of one run of one rule, and what the engine needs to end it. */
export class RuleRun {
  readonly trace = new Trace()
  readonly counts: Record<string, number> = {}
  readonly opened: SessionStore[] = []
  readonly #processes: StoreProcess[] = []
  /** Whether the rule has asked for the case that is to be replayed. */
  hasCases = false
  drawing: Drawing | undefined
  readonly context: RuleContext

  constructor({ subject, capabilities, patience }: Facts, scratch: string, settings: Settings) {
    const clock = manualClock()
    const samples = new Samples(() => clock.now())
    const base: OpenOptions = {
      scratch,
      namespace: 'default',
      clock,
      step: async () => {},
      maxPayloadBytes: DEFAULT_MAX_PAYLOAD_BYTES,
    }
    const follow = (store: SessionStore): SessionStore => {
      const handle = `store${this.opened.push(store)}`
      return this.trace.follow(store, handle)
    }
    const asked = () => {
      this.hasCases = true
      return settings.only
    }
    this.context = {
      settings: Object.defineProperty({ ...settings }, 'only', { get: asked, enumerable: true }),
      scratch,
      clock,
      capabilities,
      patience,
      open: async (options = {}) => {
        const { step: hold } = options
        const step: Step | undefined =
          hold &&
          ((name) => {
            this.context.count('backend calls')
            return hold(name)
          })
        return follow(await subject.open({ ...base, ...options, ...(step && { step }) }))
      },
      startProcess: async () => {
        const name = `process${this.#processes.length + 1}`
        let handles = 0
        const started = new StoreProcess({
          module: required(subject.module, 'module'),
          base,
          follow: (store) => this.trace.follow(store, `${name}.store${++handles}`),
        })
        this.#processes.push(started)
        this.context.count('processes')
        await started.ready
        return started
      },
      openFailing: async () => follow(await required(subject.fail, 'fail').call(subject, base)),
      corrupt: async (id) => required(subject.corrupt, 'corrupt').call(subject, { scratch, namespace: 'default', id }),
      id: () => samples.id(),
      version: () => samples.version(),
      session: (fields) => samples.session(fields),
      successor: (loaded, fields) => samples.successor(loaded, fields),
      draw: (drawing) => {
        this.drawing = drawing
      },
      count: (what, by = 1) => {
        this.counts[what] = (this.counts[what] ?? 0) + by
      },
    }
  }

  /** The last sign of life of the stores, in milliseconds of `performance.now()`. */
  get lastSign(): number {
    return Math.max(this.trace.lastAnswerAt, ...this.#processes.map(({ lastSign }) => lastSign))
  }

  /** Ends the processes that the rule has started. */
  async kill(): Promise<void> {
    await Promise.all(this.#processes.map((started) => started.kill()))
  }
}

function required<T>(hook: T | undefined, name: string): T {
  if (hook === undefined) throw new Error(`a rule without \`needs\` asked for the hook ${name}`)
  return hook
}
