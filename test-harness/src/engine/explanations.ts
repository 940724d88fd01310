import type { Call, Specification } from './linearizable.ts'

/** About two seconds' worth on one core. */
const MOST_EXPLANATIONS = 500_000

/** The state in which some of the calls under way have left the object. Those that are over have all happened. */
interface Explanation<S> {
  readonly state: S
  readonly happened: bigint
}

/** Every way to explain what has been answered so far. */
export class Explanations<S, O> {
  readonly #specification: Specification<S, O>
  #left: number
  /** The bit of each call under way; those without an end keep theirs. */
  readonly #bits = new Map<Call<O>, bigint>()
  #usedBits = 0n
  /** The bits of the calls whose outcome is unknown. */
  #unknown = 0n
  #current: readonly Explanation<S>[]

  constructor(specification: Specification<S, O>, most = MOST_EXPLANATIONS) {
    this.#specification = specification
    this.#left = most
    this.#current = [{ state: specification.initial, happened: 0n }]
  }

  begin(call: Call<O>): void {
    let bit = 1n
    while ((this.#usedBits & bit) !== 0n) bit <<= 1n
    this.#usedBits |= bit
    this.#bits.set(call, bit)
    if (call.end === undefined) this.#unknown |= bit
  }

  /** Takes the answer into account. If nothing explains it: the answers that could have been explained. */
  end(call: Call<O>): string[] | undefined {
    const reached = this.#reach()
    const bit = this.#bits.get(call) ?? 0n
    this.#bits.delete(call)
    this.#usedBits &= ~bit
    if (this.#specification.isRepeated?.(call.operation)) this.#current = reached
    else {
      const explaining = reached.filter(({ happened }) => (happened & bit) !== 0n)
      this.#current = explaining.map(({ state, happened }) => ({ state, happened: happened & ~bit }))
    }
    if (this.#current.length > 0) return undefined
    const possible = reached.flatMap(({ state }) => this.#specification.outcomes(state, call.operation))
    return [...new Set(possible.map(([answer]) => answer))]
  }

  /** All that the calls under way can have done by now, one after another. */
  #reach(): Explanation<S>[] {
    const reached = new Reached<S>(this.#specification.keyOf, this.#unknown)
    const todo = this.#current.filter((explanation) => reached.add(explanation))
    for (let next = todo.pop(); next; next = todo.pop()) {
      for (const explanation of this.#next(next)) {
        if (--this.#left < 0) throw new Error('too many calls at once: there are more orders than can be looked at')
        if (reached.add(explanation)) todo.push(explanation)
      }
    }
    return reached.all()
  }

  *#next({ state, happened }: Explanation<S>): Generator<Explanation<S>> {
    const { outcomes, isRepeated, decaysTo } = this.#specification
    for (const decayed of decaysTo?.(state) ?? []) yield { state: decayed, happened }
    for (const [call, bit] of this.#bits) {
      if ((happened & bit) !== 0n) continue
      const repeats = isRepeated?.(call.operation) ?? false
      for (const [answer, next] of outcomes(state, call.operation)) {
        if (repeats) yield { state: next, happened }
        else if (call.end === undefined || call.answer === answer) yield { state: next, happened: happened | bit }
      }
    }
  }
}

/**
 * Explanations without those that say nothing new. Of two that differ only in calls with an unknown outcome, the one
 * that has used fewer of them can do whatever the other can.
 */
class Reached<S> {
  readonly #keyOf: (state: S) => string
  readonly #unknown: bigint
  readonly #groups = new Map<string, Explanation<S>[]>()

  constructor(keyOf: (state: S) => string, unknown: bigint) {
    this.#keyOf = keyOf
    this.#unknown = unknown
  }

  /** False if it says nothing new. */
  add(explanation: Explanation<S>): boolean {
    const { state, happened } = explanation
    const key = `${happened & ~this.#unknown} ${this.#keyOf(state)}`
    const group = this.#groups.get(key) ?? []
    if (group.some((other) => isWithin(other.happened, happened))) return false
    this.#groups.set(key, [...group.filter((other) => !isWithin(happened, other.happened)), explanation])
    return true
  }

  all(): Explanation<S>[] {
    return [...this.#groups.values()].flat()
  }
}

function isWithin(fewer: bigint, more: bigint): boolean {
  return (fewer & ~more) === 0n
}
