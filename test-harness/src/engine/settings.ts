import { LeewayError } from '@leeway/core/adapter'

/** How a run is made, whichever rules are in it. */
export interface Settings {
  /** What random rules draw from: the same seed is the same scripts and schedules. */
  readonly seed: number
  /** The one case of a rule that is to be run again, as a failure has named it. */
  readonly only?: string | undefined
  /** Real milliseconds that a rule with random cases goes on for, beyond the cases that it runs anyway. */
  readonly soakMs: number
  /** Real milliseconds without an answer after which a rule has failed. */
  readonly deadlineMs: number
  /** Ends the run early. */
  readonly signal?: AbortSignal | undefined
}

export interface SettingOptions {
  /** Makes the random rules draw what they drew in the run that printed it. Default: a new one, which the report tells. */
  readonly seed?: number | undefined
  /** Runs one case of one rule again: the `replay` of a failure, such as `STEP-002:aabb`. Selects its rule alone. */
  readonly replay?: string | undefined
  /** Minutes for which the random rules go on, shared among those selected. Default 0: as many cases as a minute allows. */
  readonly soakMinutes?: number | undefined
  /** Real milliseconds without any answer of the store after which a rule has failed. Default 10,000. */
  readonly deadlineMs?: number | undefined
  /** Ends the run early: what is under way is dropped, and reported as not run like all that would have come after it. */
  readonly signal?: AbortSignal | undefined
}

const DEFAULT_DEADLINE_MS = 10_000
const SEEDS = 2 ** 31

/** @throws `ERR_INVALID_OPTION` */
export function settingsOf({
  seed,
  replay,
  soakMinutes = 0,
  deadlineMs = DEFAULT_DEADLINE_MS,
  signal,
}: SettingOptions): Settings {
  if (seed !== undefined && !(Number.isInteger(seed) && seed >= 0 && seed < SEEDS)) {
    invalid(`seed must be a whole number from 0 to ${SEEDS - 1}`)
  }
  if (!(Number.isFinite(soakMinutes) && soakMinutes >= 0)) invalid('soakMinutes must be a number of minutes')
  if (!(deadlineMs > 0)) invalid('deadlineMs must be a number of milliseconds above 0')
  return {
    seed: seed ?? Math.floor(Math.random() * SEEDS),
    only: replay === undefined ? undefined : splitReplay(replay)[1],
    soakMs: soakMinutes * 60_000,
    deadlineMs,
    signal,
  }
}

/** The rule and the case that a replay id names. */
export function splitReplay(replay: string): [rule: string, only: string] {
  const [, rule, only] = /^([A-Z]+-\d{3}):(.+)$/s.exec(replay) ?? []
  if (rule === undefined || only === undefined)
    invalid(`${JSON.stringify(replay)} is no replay id, such as STEP-002:aabb`)
  return [rule, only]
}

/** @throws `ERR_INVALID_OPTION`: the case that is to be replayed is none of the rule's */
export function noSuchCase(only: string): never {
  throw new LeewayError('ERR_INVALID_OPTION', `the rule has no case ${JSON.stringify(only)}`, { operation: 'replay' })
}

function invalid(message: string): never {
  throw new LeewayError('ERR_INVALID_OPTION', message, { operation: 'runConformance' })
}
