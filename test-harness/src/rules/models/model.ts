import type { ListedSession, SessionId, StoredSession } from '@leeway/core/adapter'
import { type Operation, predict, recordAnswer } from '../operations.ts'

/** What is due so soon may be gone where the backend purges by itself: its time to live runs out in real time. */
const SLACK_MS = 60_000

type State = StoredSession | undefined

/** The records that a store holds after what it has been asked and has answered. */
export class Model {
  /** What may be stored under an id: more than one state only where the backend purges by itself. */
  readonly #states = new Map<SessionId, readonly State[]>()
  /** The purge times that records had before the last that moved them. */
  readonly #earlier = new Map<SessionId, number>()
  readonly #isNative: boolean
  readonly #now: () => number

  constructor(isNative: boolean, now: () => number) {
    this.#isNative = isNative
    this.#now = now
  }

  /** The record as it is stored, if it is still there. */
  stored(id: SessionId): State {
    return this.#statesOf(id).find((state) => state !== undefined)
  }

  /** The purge time that the record had before it was moved. */
  earlierPurgeAt(id: SessionId): number | undefined {
    return this.#earlier.get(id)
  }

  /** Takes the answer into account: if it is wrong, the right ones. */
  answered(id: SessionId, operation: Operation, answer: string): readonly string[] | undefined {
    const outcomes = this.#statesOf(id).map((state) => predict(state, operation))
    const fitting = outcomes.filter(([right]) => right === answer)
    if (fitting.length === 0) return [...new Set(outcomes.map(([right]) => right))]
    this.#set(
      id,
      fitting.map(([, state]) => state),
    )
    return undefined
  }

  /** Removes what is due; how many that were, or undefined if the backend may have removed some before. */
  sweep(cutoff: number): number | undefined {
    let removed = 0
    for (const id of this.#states.keys()) {
      const states = this.#statesOf(id)
      const left = states.map((state) => predict(state, { kind: 'sweep', cutoff })[1])
      removed += states.filter((state, n) => state !== undefined && left[n] === undefined).length
      this.#set(id, this.#isNative ? [...states, ...left] : left)
    }
    return this.#isNative ? undefined : removed
  }

  /** What is wrong with a list, if anything is. */
  listed(listed: readonly ListedSession[], owner: string | undefined): string | undefined {
    const ids = new Set(listed.map(({ id }) => id))
    for (const { id, ...fields } of listed) {
      const isRight = this.#statesOf(id).some((state) => state && sameFields(state, fields) && isOf(state, owner))
      if (!isRight) return `${describeListed(fields)}, which is not stored so`
    }
    for (const id of this.#states.keys()) {
      const missing = this.#statesOf(id).every((state) => state && isOf(state, owner)) && !ids.has(id)
      if (missing) return `no ${recordAnswer(this.stored(id))}`
    }
    return undefined
  }

  #statesOf(id: SessionId): readonly State[] {
    const states = this.#states.get(id) ?? [undefined]
    const mayBeGone = states.some((state) => state && state.purgeAt <= this.#now() + SLACK_MS)
    return this.#isNative && mayBeGone && !states.includes(undefined) ? [...states, undefined] : states
  }

  #set(id: SessionId, states: readonly State[]): void {
    const before = this.stored(id)?.purgeAt
    if (before !== undefined && states[0]?.purgeAt !== before) this.#earlier.set(id, before)
    this.#states.set(id, [...new Map(states.map((state) => [recordAnswer(state), state])).values()])
  }
}

function isOf(state: StoredSession, owner: string | undefined): boolean {
  return owner === undefined || state.owner === owner
}

function sameFields(state: StoredSession, fields: Omit<ListedSession, 'id'>): boolean {
  return state.owner === fields.owner && state.expiresAt === fields.expiresAt && state.purgeAt === fields.purgeAt
}

function describeListed({ owner, expiresAt, purgeAt }: Omit<ListedSession, 'id'>): string {
  return `a record of owner ${JSON.stringify(owner)} until ${expiresAt}, purge ${purgeAt}`
}
