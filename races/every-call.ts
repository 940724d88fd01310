import { setImmediate as settled } from 'node:timers/promises'

/** Something that an actor asks of what all actors share, a file system or a server. */
interface Call<Footprint> {
  readonly actor: string
  readonly what: string
  /** What it looks at and what it changes. */
  readonly footprint: Footprint
  /** Makes the call; a call of a server is over once this resolves. */
  readonly go: () => void | Promise<void>
}

export interface Turns<Footprint> {
  /** Makes the call at once before `inTurn`, and after that when its turn comes. */
  schedule(call: Call<Footprint>): void
  /**
   * Begins the operations, and makes their calls one after the other in the order of this run. Resolves with the calls;
   * with undefined where the run was given up, as it would only repeat another.
   */
  inTurn(begin: () => void): Promise<readonly string[] | undefined>
}

interface Rules<Footprint> {
  readonly reduced: boolean
  /** Whether two calls do the same, and leave the same, whichever comes first. */
  readonly commute: (one: Footprint, other: Footprint) => boolean
}

/**
 * Runs a scenario once for every order in which the calls of its actors can follow each other.
 *
 * With `reduced`, orders that differ only in neighbouring calls that do not concern each other count as one, and one of
 * them is run: the sleep sets of partial order reduction.
 *
 * @returns how many orders were run
 */
export async function everyCall<Footprint>(
  rules: Rules<Footprint>,
  scenario: (turns: Turns<Footprint>) => Promise<void>,
): Promise<number> {
  const path: Node[] = []
  let orders = 0
  do {
    const run = new Run(path, rules)
    await scenario(run)
    if (!run.isRedundant) orders++
  } while (backtrack(path))
  return orders
}

interface Pending<Footprint> extends Call<Footprint> {
  /** The same in every run. */
  readonly name: string
}

/** A place on the path where one of several calls comes next. Calls are named by their actor and number. */
interface Node {
  readonly enabled: readonly string[]
  /** What was tried earlier on the path and does not concern anything since: all that follows from it has been seen. */
  readonly asleep: ReadonlySet<string>
  readonly tried: Set<string>
  current: string
}

/** Where a run stood before the call that it has just made. */
interface Before<Footprint> {
  readonly node: Node
  readonly pending: readonly Pending<Footprint>[]
}

class Run<Footprint> implements Turns<Footprint> {
  readonly #path: Node[]
  readonly #rules: Rules<Footprint>
  readonly #pending: Pending<Footprint>[] = []
  readonly #requests = new Map<string, number>()
  #isInTurn = false
  isRedundant = false

  constructor(path: Node[], rules: Rules<Footprint>) {
    this.#path = path
    this.#rules = rules
  }

  schedule(call: Call<Footprint>): void {
    if (!this.#isInTurn) return void call.go()
    const request = (this.#requests.get(call.actor) ?? 0) + 1
    this.#requests.set(call.actor, request)
    this.#pending.push({ ...call, name: `${call.actor}${request}` })
  }

  async inTurn(begin: () => void): Promise<readonly string[] | undefined> {
    this.#isInTurn = true
    begin()
    const calls: string[] = []
    let before: Before<Footprint> | undefined
    for (await settled(); this.#pending.length > 0; await settled()) {
      const node = this.#path[calls.length] ?? this.#discover(before)
      if (node === undefined) {
        this.isRedundant = true
        return undefined
      }
      this.#path[calls.length] = node
      const at = this.#pending.findIndex(({ name }) => name === node.current)
      if (at < 0) throw new Error(`the calls are not the same as before: there is no ${node.current}`)
      before = { node, pending: [...this.#pending] }
      const [next] = this.#pending.splice(at, 1)
      calls.push(next?.what ?? '')
      await next?.go()
    }
    return calls
  }

  /** Undefined where everything that could come next is asleep: what follows has been seen. */
  #discover(before: Before<Footprint> | undefined): Node | undefined {
    const enabled = this.#pending.map(({ name }) => name)
    const asleep = new Set<string>()
    if (this.#rules.reduced && before) {
      const { node, pending } = before
      const footprints = new Map(pending.map(({ name, footprint }) => [name, footprint]))
      const made = footprints.get(node.current)
      for (const name of [...node.asleep, ...node.tried]) {
        const other = footprints.get(name)
        if (made && other && this.#rules.commute(made, other)) asleep.add(name)
      }
    }
    const current = enabled.find((name) => !asleep.has(name))
    return current === undefined ? undefined : { enabled, asleep, tried: new Set(), current }
  }
}

/** To the next path in depth-first order; false after the last. */
function backtrack(path: Node[]): boolean {
  for (let node = path.at(-1); node; node = path.at(-1)) {
    const { tried, asleep, enabled } = node
    tried.add(node.current)
    const next = enabled.find((name) => !tried.has(name) && !asleep.has(name))
    if (next !== undefined) {
      node.current = next
      return true
    }
    path.pop()
  }
  return false
}
