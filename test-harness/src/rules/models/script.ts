import {
  type Arbitrary,
  array,
  constant,
  constantFrom,
  integer,
  nat,
  noBias,
  noShrink,
  oneof,
  record,
} from 'fast-check'
import { GRACE_MS, IDLE_MS } from '../../engine/samples.ts'

/** Records that a script works on, most of the time on the first. */
export const RECORDS = 3

/** Which version a caller comes with: the stored one, the one before it, or one that was never stored. */
export type From = 'stored' | 'older' | 'other'

/** A lifetime, from the clock's reading or from what is stored. */
export interface PlannedLifetime {
  readonly since: 'now' | 'stored'
  readonly idleMs: number
  readonly graceMs: number
}

interface Written extends PlannedLifetime {
  readonly payload: string
  readonly owner: string | null
}

/** One step of a script. It says which values to take, not what they are: those depend on the steps before it. */
export type Step =
  | ({ readonly kind: 'create'; readonly handle: number; readonly record: number } & Written)
  | ({ readonly kind: 'update'; readonly handle: number; readonly record: number; readonly from: From } & Written)
  | ({
      readonly kind: 'touch'
      readonly handle: number
      readonly record: number
      readonly from: From
    } & PlannedLifetime)
  | { readonly kind: 'load' | 'destroy'; readonly handle: number; readonly record: number }
  | { readonly kind: 'again'; readonly handle: number; readonly record: number; readonly writesAgo: number }
  | { readonly kind: 'sweep'; readonly handle: number; readonly limit: number; readonly cutoff: Boundary | 'now' }
  | { readonly kind: 'list'; readonly handle: number; readonly limit: number; readonly owner: string | undefined }
  | { readonly kind: 'wait'; readonly until: Boundary }

/** An instant a millisecond before, at or after the expiry or purge time of a record, or the purge time that it had before. */
export interface Boundary {
  /** In whose namespace the record is. */
  readonly handle: number
  readonly record: number
  readonly of: 'expiresAt' | 'purgeAt' | 'earlierPurgeAt'
  readonly plusMs: -1 | 0 | 1
}

export interface ModelScript {
  /** Makes ids and versions. */
  readonly salt: number
  readonly steps: readonly Step[]
}

const OWNERS = [null, '', 'user-1', 'user-10', 'USER-1', 'user_1', '%', 'null', 'é'.repeat(255)]
const PAYLOADS = [
  '',
  'x',
  '007',
  'null',
  '{"__proto__":{"x":1}}',
  "'; --",
  'a\u0000b',
  '\ufeff𝒳👩‍🚀',
  'é'.repeat(5_000),
]

/** What scripts consist of: each kind as often as it stands here. One that does little else goes deeper. */
const MIXES: readonly (readonly Step['kind'][])[] = [
  ['create', 'update', 'update', 'touch', 'touch', 'load', 'destroy', 'again', 'sweep', 'list', 'wait'],
  ['update', 'touch', 'touch', 'touch', 'touch', 'touch', 'sweep', 'sweep', 'destroy', 'load'],
  ['update', 'update', 'again', 'again', 'destroy', 'list'],
  ['update', 'update', 'touch', 'sweep', 'sweep'],
]

/**
 * @param handles how many handles there are
 * @param hasList whether the store has a list
 * @param maxPayloadBytes the longest payload that it takes
 */
export function scripts(handles: number, hasList: boolean, maxPayloadBytes: number): Arbitrary<ModelScript> {
  const anyRecord = constantFrom(0, 0, 0, 0, 1, 2)
  const on = { handle: nat({ max: handles - 1 }) }
  const one = { ...on, record: anyRecord }
  const from = constantFrom<From[]>('stored', 'stored', 'stored', 'stored', 'stored', 'older', 'other')
  const lifetime = {
    since: constantFrom<PlannedLifetime['since'][]>('now', 'stored'),
    idleMs: constantFrom(IDLE_MS, IDLE_MS, 2 * IDLE_MS, 1_000, 0, -1),
    graceMs: constantFrom(GRACE_MS, 0),
  }
  const payloads = PAYLOADS.filter((payload) => Buffer.byteLength(payload) <= maxPayloadBytes)
  const written = { payload: constantFrom(...payloads), owner: constantFrom(...OWNERS), ...lifetime }
  const boundary: Arbitrary<Boundary> = record({
    ...on,
    record: anyRecord,
    of: constantFrom<Boundary['of'][]>('purgeAt', 'purgeAt', 'earlierPurgeAt', 'expiresAt'),
    plusMs: constantFrom<Boundary['plusMs'][]>(0, 0, -1, 1),
  })
  const cutoff = oneof(constant('now' as const), boundary, boundary)
  const limit = constantFrom(100, 1, 2)
  const owner = constantFrom(undefined, ...OWNERS.filter((name) => name !== null))
  const steps: Readonly<Record<Step['kind'], Arbitrary<Step>>> = {
    create: record({ kind: constant('create'), ...one, ...written }),
    update: record({ kind: constant('update'), ...one, from, ...written }),
    touch: record({ kind: constant('touch'), ...one, from, ...lifetime }),
    load: record({ kind: constant('load'), ...one }),
    destroy: record({ kind: constant('destroy'), ...one }),
    again: record({ kind: constant('again'), ...one, writesAgo: nat({ max: 3 }) }),
    sweep: record({ kind: constant('sweep'), ...on, limit, cutoff }),
    list: record({ kind: constant('list'), ...on, limit, owner }),
    wait: record({ kind: constant('wait'), until: boundary }),
  }
  const salt = noShrink(integer({ min: 0, max: 2 ** 31 - 1 }))
  const ofMix = (mix: readonly Step['kind'][]): Arbitrary<ModelScript> => {
    const kinds = mix.filter((kind) => kind !== 'list' || hasList)
    const step = oneof(...kinds.map((kind) => steps[kind]))
    return record({ salt, steps: array(step, { minLength: 1, maxLength: 80, size: 'max' }) })
  }
  // Small values are no more likely to show a fault than others.
  return noBias(oneof(...MIXES.map(ofMix)))
}
