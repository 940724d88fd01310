import type { SessionId, SessionStore, StoreCapabilities, StoredSession, Version } from '@leeway/core/adapter'
import { DEFAULT_MAX_PAYLOAD_BYTES } from '@leeway/core/adapter'
import { type ManualClock, manualClock } from '@leeway/core/testing'
import type { Facts } from './rule.ts'
import { Samples } from './samples.ts'
import type { OpenOptions } from './subject.ts'
import { Trace } from './trace.ts'

/** What a rule's check works with: handles on one storage of its own, a clock of its own, and sample records. */
export interface RuleContext {
  readonly clock: ManualClock
  readonly capabilities: StoreCapabilities
  /** Opens a handle; closed by the kit after the rule. Every handle of one namespace is on the same records. */
  open(options?: Partial<OpenOptions>): Promise<SessionStore>
  /** Opens a handle whose backend fails. For rules that need the hook `fail`. */
  openFailing(): Promise<SessionStore>
  /** Damages a stored record. For rules that need the hook `corrupt`. */
  corrupt(id: SessionId): Promise<void>
  id(): SessionId
  version(): Version
  session(fields?: Partial<StoredSession>): StoredSession
  successor(loaded: StoredSession, fields?: Partial<StoredSession>): StoredSession
  /** Adds to a number that stands in the rule's result, such as how many orders were run. */
  count(what: string, by?: number): void
}

/** The context of one run of one rule, and what the engine needs to end it. */
export class RuleRun {
  readonly trace = new Trace()
  readonly counts: Record<string, number> = {}
  readonly opened: SessionStore[] = []
  readonly context: RuleContext

  constructor({ subject, capabilities }: Facts, scratch: string) {
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
    this.context = {
      clock,
      capabilities,
      open: async (options) => follow(await subject.open({ ...base, ...options })),
      openFailing: async () => follow(await required(subject.fail, 'fail').call(subject, base)),
      corrupt: async (id) => required(subject.corrupt, 'corrupt').call(subject, { scratch, namespace: 'default', id }),
      id: () => samples.id(),
      version: () => samples.version(),
      session: (fields) => samples.session(fields),
      successor: (loaded, fields) => samples.successor(loaded, fields),
      count: (what, by = 1) => {
        this.counts[what] = (this.counts[what] ?? 0) + by
      },
    }
  }
}

function required<T>(hook: T | undefined, name: string): T {
  if (hook === undefined) throw new Error(`a rule without \`needs\` asked for the hook ${name}`)
  return hook
}
