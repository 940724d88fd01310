import fs from 'node:fs'
import { setImmediate as settled } from 'node:timers/promises'
import type { FileSystem } from '@leeway/file'
import { commute, type Footprint, footprintOf } from './call-footprint.ts'

/** The file system as one of several actors has it: each of its calls waits for its turn. */
export type Actor = (name: string) => FileSystem

type Method = (...given: unknown[]) => unknown

const ON_NAMES = ['open', 'readdir', 'stat', 'access', 'mkdir', 'rename', 'unlink', 'rmdir'] as const
/**
 * On a file that is open nobody waits for a turn: a payload is written before anybody knows its name, and is read when it
 * can no longer change.
 */
const ON_OPEN_FILES = ['read', 'write', 'fsync'] as const

/**
 * Begins the operations, and makes their calls one after the other in the order of this run. Resolves with the calls;
 * with undefined where the run was given up, as it would only repeat another.
 */
type InTurn = (begin: () => void) => Promise<readonly string[] | undefined>

/**
 * Runs a scenario once for every order in which the calls of its actors can follow each other, on the real file system.
 * What an actor calls before `inTurn` is made at once.
 *
 * With `reduced`, orders that differ only in neighbouring calls that do not concern each other (on other names, in
 * directories that the other does not list) count as one, and one of them is run: the sleep sets of partial order reduction.
 *
 * @returns how many orders were run
 */
export async function everyCall(
  { reduced }: { readonly reduced: boolean },
  scenario: (actor: Actor, inTurn: InTurn) => Promise<void>,
): Promise<number> {
  const path: Node[] = []
  let orders = 0
  do {
    const run: Run = new Run(path, reduced)
    await scenario(
      (name) => run.actor(name),
      (begin) => run.inTurn(begin),
    )
    if (!run.isRedundant) orders++
  } while (backtrack(path))
  return orders
}

/** The real file system, each call made at once. */
export const immediateFs: FileSystem = synchronous((_call, _given, go) => go())

interface Pending {
  readonly name: string
  readonly what: string
  readonly footprint: Footprint
  readonly go: () => void
}

/** A place on the path where one of several calls comes next. Calls are named by their actor and number. */
interface Node {
  readonly enabled: readonly string[]
  /** What was tried earlier on the path and does not concern anything since: all that follows from it has been seen. */
  readonly asleep: ReadonlySet<string>
  readonly tried: Set<string>
  current: string
}

class Run {
  readonly #path: Node[]
  readonly #reduced: boolean
  readonly #pending: Pending[] = []
  readonly #requests = new Map<string, number>()
  /** Random parts of names by the order in which they come up, so that a run can be repeated. */
  readonly #nonces = new Map<string, string>()
  #isInTurn = false
  isRedundant = false

  constructor(path: Node[], reduced: boolean) {
    this.#path = path
    this.#reduced = reduced
  }

  actor(actor: string): FileSystem {
    const sorted = (names: string[]) => names.sort((a, b) => (this.#plain(a) < this.#plain(b) ? -1 : 1))
    return synchronous((call, given, go) => {
      if (!this.#isInTurn || ON_OPEN_FILES.some((one) => one === call)) return go()
      const request = (this.#requests.get(actor) ?? 0) + 1
      this.#requests.set(actor, request)
      const what = this.#plain(`${actor} ${brief(call, given)}`)
      this.#pending.push({ name: `${actor}${request}`, what, footprint: footprintOf(call, given), go })
    }, sorted)
  }

  async inTurn(begin: () => void): Promise<readonly string[] | undefined> {
    this.#isInTurn = true
    begin()
    const calls: string[] = []
    let before: { node: Node; pending: readonly Pending[] } | undefined
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
      next?.go()
    }
    return calls
  }

  #plain(text: string): string {
    return text.replace(/[0-9a-f]{16}/g, (nonce) => {
      const plain = this.#nonces.get(nonce) ?? `n${String(this.#nonces.size).padStart(2, '0')}`
      this.#nonces.set(nonce, plain)
      return plain
    })
  }

  /** Undefined where everything that could come next is asleep: what follows has been seen. */
  #discover(before: { node: Node; pending: readonly Pending[] } | undefined): Node | undefined {
    const enabled = this.#pending.map(({ name }) => name)
    const asleep = new Set<string>()
    if (this.#reduced && before) {
      const { node, pending } = before
      const footprints = new Map(pending.map(({ name, footprint }) => [name, footprint]))
      const made = footprints.get(node.current)
      for (const name of [...node.asleep, ...node.tried]) {
        const other = footprints.get(name)
        if (made && other && commute(made, other)) asleep.add(name)
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

/** Calls are made synchronously, so that one is over before the next is chosen; answers come as promised, later. */
function synchronous(
  schedule: (call: string, given: readonly unknown[], go: () => void) => void,
  arrange: (names: string[]) => string[] = (names) => names,
): FileSystem {
  const made: Record<string, Method> = {}
  for (const call of [...ON_NAMES, ...ON_OPEN_FILES]) {
    const method = fs[`${call}Sync`] as unknown as Method
    made[call] = (...given) => {
      const callback = given.pop() as Method
      schedule(call, given, () => {
        let [error, answer]: unknown[] = [null, undefined]
        try {
          answer = method(...given)
          if (call === 'readdir') answer = arrange(answer as string[])
        } catch (thrown) {
          error = thrown
        }
        queueMicrotask(() => callback(error, answer))
      })
    }
  }
  return { ...fs, ...made }
}

function brief(call: string, given: readonly unknown[]): string {
  const paths = given.filter((one) => typeof one === 'string').map((path) => path.split('/').slice(-2).join('/'))
  return `${call} ${paths.join(' → ')}`
}
