import { createHash } from 'node:crypto'
import type { SessionId, StoredSession } from '@leeway/core/adapter'
import { Random } from '../../engine/random.ts'
import { at } from '../handles.ts'
import { type Operation, recordIn } from '../operations.ts'

const MINUTE_MS = 60_000
const GRACE_MS = MINUTE_MS
/** A short one is due before the script ends, a long one is not. */
const SHORT_MS = MINUTE_MS
const LONG_MS = 24 * 60 * MINUTE_MS

/** What a caller is going to do. With which version it does it depends on what it has been answered before. */
export interface PlannedCall {
  readonly kind: Operation['kind'] | 'again'
  /** Index of the record. */
  readonly record: number
  /** By the clock, in milliseconds from the beginning of the history. */
  readonly atMs: number
  readonly idleMs: number
  /** How the caller lets others go on before the call: not at all, for a microtask, for a turn of the event loop. */
  readonly pause: 'none' | 'microtask' | 'turn'
}

/** What several callers are going to do with few records. The same seed is the same script, in every process. */
export interface Script {
  readonly seed: number
  readonly ids: readonly SessionId[]
  readonly lanes: readonly (readonly PlannedCall[])[]
  /** When the last call is made, in milliseconds from the beginning. */
  readonly lastMs: number
}

const KINDS: readonly PlannedCall['kind'][] = [
  ...Array.from({ length: 6 }, () => 'update' as const),
  ...Array.from({ length: 4 }, () => 'touch' as const),
  ...Array.from({ length: 4 }, () => 'load' as const),
  ...Array.from({ length: 2 }, () => 'sweep' as const),
  ...Array.from({ length: 3 }, () => 'destroy' as const),
  ...Array.from({ length: 2 }, () => 'create' as const),
  'again',
]

/** Mostly one, so that callers meet. */
const FEW_RECORDS = [1, 1, 1, 1, 2, 3]

/**
 * @param calls how many a caller makes
 * @param records how many records there are: one of these
 */
export function drawScript(seed: number, calls: number, records: readonly number[] = FEW_RECORDS): Script {
  const random = new Random(seed)
  const ids = Array.from({ length: random.pick(records) }, (_, n) => idOf(seed, n))
  const lanes = Array.from({ length: random.pick([2, 3, 3, 4]) }, () => {
    let atMs = 0
    return Array.from({ length: calls }, (): PlannedCall => {
      atMs += random.pick([0, 0, MINUTE_MS / 2, MINUTE_MS])
      return {
        kind: random.pick(KINDS),
        record: random.below(ids.length),
        atMs,
        idleMs: random.pick([SHORT_MS, LONG_MS + random.below(3) * MINUTE_MS]),
        pause: random.pick(['none', 'microtask', 'turn']),
      }
    })
  })
  return { seed, ids, lanes, lastMs: Math.max(...lanes.map((lane) => lane.at(-1)?.atMs ?? 0)) }
}

/** Creates each record, so that those who come later find it. */
export function createAll({ ids }: Script): PlannedCall[] {
  return ids.map((_, record) => ({ kind: 'create', record, atMs: 0, idleMs: LONG_MS, pause: 'none' }))
}

function idOf(seed: number, record: number): SessionId {
  const bytes = createHash('sha256').update(`history ${seed} ${record}`).digest()
  return Array.from(bytes.subarray(0, 26), (byte) => 'abcdefghijklmnopqrstuvwxyz234567'[byte % 32]).join('')
}

/** One of the callers of a script: knows what it has seen, and turns what is planned into operations. */
export class Caller {
  readonly #script: Script
  readonly #lane: number
  readonly #start: number
  /** What this caller thinks is stored; null if nothing is. */
  readonly #seen = new Map<SessionId, StoredSession | null>()
  readonly #lastWrites = new Map<SessionId, Operation>()
  #minted = 0

  /** @param start the instant at which the history begins */
  constructor(script: Script, lane: number, start: number) {
    this.#script = script
    this.#lane = lane
    this.#start = start
  }

  /** What does not know a version loads first; what knows that there is no record creates one. */
  next({ kind, record, atMs, idleMs }: PlannedCall): Operation {
    const id = at(this.#script.ids, record)
    const seen = this.#seen.get(id)
    const expiresAt = this.#start + atMs + idleMs
    const lifetime = { expiresAt, purgeAt: expiresAt + GRACE_MS }
    const written = (): StoredSession => ({ id, ...this.#mint(record), ...lifetime })
    if (kind === 'destroy') return { kind, id }
    if (kind === 'sweep') return { kind, cutoff: this.#start + atMs }
    if (kind === 'create' || (seen === null && kind !== 'load')) {
      return this.#remember({ kind: 'create', session: written() })
    }
    if (kind === 'update' && seen) return this.#remember({ kind, session: written(), expected: seen.version })
    if (kind === 'touch' && seen) return { kind, loaded: seen, lifetime }
    return (kind === 'again' && this.#lastWrites.get(id)) || { kind: 'load', id }
  }

  /** Takes note of an answer. */
  learn(operation: Operation, answer: string): void {
    if (operation.kind === 'load') this.#seen.set(operation.id, recordIn(answer) ?? null)
    if (operation.kind === 'destroy') this.#seen.set(operation.id, null)
    if (operation.kind === 'touch') this.#learnAnswer(operation.loaded.id, answer, undefined)
    if (operation.kind === 'create' || operation.kind === 'update') {
      this.#learnAnswer(operation.session.id, answer, operation.session)
    }
  }

  #learnAnswer(id: SessionId, answer: string, written: StoredSession | undefined): void {
    if (answer === 'gone') this.#seen.set(id, null)
    else if (answer === 'exists' || answer === 'conflict') this.#seen.delete(id)
    else if (written) this.#seen.set(id, written)
  }

  #remember(write: Operation & { readonly session: StoredSession }): Operation {
    this.#lastWrites.set(write.session.id, write)
    return write
  }

  /** Versions begin with who wrote them: `a1-`, `a2-` for the first caller. */
  #mint(record: number): Pick<StoredSession, 'version' | 'payload' | 'owner'> {
    const lane = String.fromCharCode(97 + this.#lane)
    const version = `${lane}${++this.#minted}-${String(this.#script.seed).padStart(12, '0')}-${record}`
    return { version, payload: `written as ${version}`, owner: this.#minted % 2 === 0 ? null : `user-${lane}` }
  }
}
