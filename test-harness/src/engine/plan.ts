import { DEFAULT_MAX_PAYLOAD_BYTES, LeewayError, type SessionStore } from '@leeway/core/adapter'
import { manualClock } from '@leeway/core/testing'
import { rules as allRules } from '../rules/index.ts'
import { withdrawnRules } from '../rules/withdrawn.ts'
import { ABORTED, TIMED_OUT, within } from './deadline.ts'
import { Patience } from './patience.ts'
import type { Facts, Need, Rule } from './rule.ts'
import { withScratch } from './scratch.ts'
import { type SettingOptions, type Settings, splitReplay } from './settings.ts'
import type { Subject } from './subject.ts'

/** Which rules are run. */
export interface Selection extends SettingOptions {
  /** Ids of the rules to run; the others are reported as not run. Default: all. */
  readonly rules?: readonly string[] | undefined
  /** Rules that are knowingly not kept, each with the reason. They are not run, and are no pass. */
  readonly waive?: Readonly<Record<string, string>> | undefined
}

/** A rule and what is to become of it. */
export interface Planned {
  readonly rule: Rule
  readonly skip?: { readonly status: 'waived' | 'not-run' | 'not-applicable'; readonly reason: string }
}

/**
 * @param facts undefined if the store could not be opened: then nothing is known to be not applicable
 * @throws `ERR_INVALID_OPTION` for an id that is no rule's, or a waiver without a reason
 */
export function planRules(
  facts: Facts | undefined,
  { replay, rules = replay === undefined ? undefined : [splitReplay(replay)[0]], waive = {} }: Selection,
): Planned[] {
  for (const id of [...(rules ?? []), ...Object.keys(waive)]) {
    const withdrawn = withdrawnRules[id]
    if (withdrawn) invalid(`the rule ${id} was withdrawn: ${withdrawn}`)
    if (!allRules.some((rule) => rule.id === id)) invalid(`there is no rule ${id}`)
  }
  for (const [id, reason] of Object.entries(waive)) if (!reason) invalid(`the waiver of ${id} needs a reason`)
  return allRules.map((rule) => {
    const waived = waive[rule.id]
    if (waived !== undefined) return { rule, skip: { status: 'waived', reason: waived } }
    if (rules && !rules.includes(rule.id)) return { rule, skip: { status: 'not-run', reason: 'not selected' } }
    const unmet = facts && rule.needs && unmetOf(rule.needs, facts)
    if (unmet) return { rule, skip: { status: unmet.otherwise ?? 'not-applicable', reason: unmet.reason } }
    return { rule }
  })
}

function unmetOf(need: Need, facts: Facts): Need | undefined {
  if (need.isMet(facts)) return undefined
  for (const part of need.parts ?? []) {
    const unmet = unmetOf(part, facts)
    if (unmet) return unmet
  }
  return need
}

/** The settings of each rule: those that soak share the time for it. */
export function shareSoak(settings: Settings, planned: readonly Planned[]): Settings {
  const soaking = planned.filter(({ rule, skip }) => rule.soaks && !skip).length
  return { ...settings, soakMs: settings.soakMs / Math.max(1, soaking) }
}

const METHODS = [
  'create',
  'load',
  'update',
  'touch',
  'destroy',
  'sweep',
  'close',
] as const satisfies (keyof SessionStore)[]

/** One message for what would otherwise fail in every rule. */
function assertComplete(store: SessionStore): void {
  for (const method of METHODS) {
    if (typeof store?.[method] !== 'function') {
      invalid(`the store has no ${method}(): see SessionStore in @leeway/core/adapter`)
    }
  }
  if (typeof store.capabilities !== 'object' || store.capabilities === null) {
    invalid('the store has no capabilities: see StoreCapabilities in @leeway/core/adapter')
  }
}

/**
 * Opens a store once, to read what it declares.
 *
 * @throws what `open` does; an error where it answers nothing for as long as a rule may wait
 */
export async function readFacts(
  subject: Subject,
  { deadlineMs, signal }: Pick<Settings, 'deadlineMs' | 'signal'>,
): Promise<Facts> {
  if (typeof subject.open !== 'function') invalid('the subject has no open(): see Subject in @leeway/conformance')
  const read = async (scratch: string): Promise<Facts> => {
    const opening = async () =>
      subject.open({
        scratch,
        namespace: 'default',
        clock: manualClock(),
        step: async () => {},
        maxPayloadBytes: DEFAULT_MAX_PAYLOAD_BYTES,
      })
    const store = await within(deadlineMs, opening(), undefined, signal)
    if (store === TIMED_OUT) throw new Error(`nothing was answered for ${deadlineMs} ms`)
    if (store === ABORTED) throw new Error('interrupted')
    try {
      assertComplete(store)
      const { capabilities } = store
      return { subject, capabilities, patience: new Patience() }
    } finally {
      // Closing is judged by its own rules, also where it is missing or gives no promise.
      void (async () => store.close())().catch(() => {})
    }
  }
  // What cannot be discarded is told by the rules, each of which has something to discard.
  return withScratch(subject, read, (facts) => facts)
}

function invalid(message: string): never {
  throw new LeewayError('ERR_INVALID_OPTION', message, { operation: 'runConformance' })
}
