import { isDeepStrictEqual } from 'node:util'
import type { SessionStore } from '@leeway/core'
import { type RedisClient, redisStore } from '@leeway/redis'
import { Redis } from 'ioredis'
import { everyCall } from './every-call.ts'
import { allowedOutcomes, answerOf, NAMES, type Outcome, outcomeOf } from './one-session.ts'
import { commute, flushInTurn, type KeysOf, recordingClient, steppedClient } from './redis-commands.ts'
import { type BeginningName, beginningOf, type OperationName, operate, operations } from './redis-operations.ts'
import { assertSound } from './redis-server-state.ts'

/** The stores' clocks stand still so long before the purge times that nothing goes during a run. */
export const STORES_NOW = -3_600_000
export const INDEX = 'leeway:default:owner:alice'
const PATIENCE_MS = 60_000

export type Open = typeof redisStore

export interface Orders {
  readonly orders: number
  readonly commands: number
  /** All that happened, once each. */
  readonly outcomes: readonly string[]
}

interface Variation {
  readonly reduced?: boolean
  /** The server forgets its scripts, at any moment. */
  readonly flushed?: boolean
  /** By how much each operation's clock is ahead. */
  readonly aheadMs?: readonly number[]
}

/** A server of the caller's, emptied for every order, and a connection of its own for every operation that runs at once. */
export class RedisOrders {
  readonly admin: Redis
  readonly #clients: readonly Redis[]
  readonly #open: Open
  readonly #scripts = new Set<string>()
  #isForgetful = false

  constructor(url: string, open: Open = redisStore) {
    this.#open = open
    this.admin = connect(url)
    this.#clients = [...NAMES].map(() => connect(url))
  }

  close(): void {
    for (const client of [this.admin, ...this.#clients]) client.disconnect()
  }

  /** The connection of one of those that run at once. */
  clientOf(n: number): Redis {
    return this.#clients[n] ?? this.admin
  }

  store(client: RedisClient, aheadMs = 0): SessionStore {
    const clock = { now: () => STORES_NOW + aheadMs }
    return this.#open({ client, clock, commandTimeoutMs: PATIENCE_MS })
  }

  /** The server has to know every script: commands would not be the same in every run otherwise. */
  async #learnScripts(): Promise<void> {
    const store = this.store(recordingClient(this.admin, this.#scripts))
    await this.#forgetScripts()
    for (const name of Object.keys(operations) as OperationName[]) {
      await answerOf(operate(name, store, 'A', 'an owned record'))
    }
  }

  async #forgetScripts(): Promise<void> {
    this.#isForgetful = true
    await this.admin.script('FLUSH')
  }

  /** Empties the server, which then has what `beginning` says and knows every script. */
  async begin(beginning: BeginningName): Promise<SessionStore> {
    const { loaded, isStored, age } = beginningOf(beginning)
    const store = this.store(this.admin)
    if (this.#scripts.size === 0) await this.#learnScripts()
    // One connection, so one after the other.
    await Promise.all([
      this.admin.flushdb(),
      ...(this.#isForgetful ? [...this.#scripts] : []).map((script) => this.admin.script('LOAD', script)),
      isStored && store.create(loaded),
    ])
    this.#isForgetful = false
    if (age) {
      await age(this.admin, INDEX)
      await this.admin.pexpire(INDEX, -STORES_NOW, 'NX')
    }
    return store
  }

  /**
   * Runs the operations at once, each on a store of its own, in every order of their commands. Whatever the order, answers,
   * record and lists have to be those of some order of the operations' calls on the memory store, where each is one step.
   *
   * @throws where they are not, with the commands
   */
  async everyOrderOf(
    beginning: BeginningName,
    of: readonly OperationName[],
    { reduced = true, flushed = false, aheadMs = [] }: Variation = {},
  ): Promise<Orders> {
    const { loaded, isStored } = beginningOf(beginning)
    const allowed = await allowedOutcomes(
      isStored ? loaded : undefined,
      of.map((name, n) => (store) => operate(name, store, NAMES.charAt(n), beginning)),
    )
    const outcomes = new Set<string>()
    let commands = 0
    const orders = await everyCall<KeysOf>({ reduced, commute }, async (turns) => {
      const startedAt = performance.now()
      const plain = await this.begin(beginning)
      const stores = of.map((_, n) => {
        const client = steppedClient(this.clientOf(n), NAMES.charAt(n), turns)
        return this.store(client, aheadMs[n])
      })
      let answers: Promise<unknown>[] = []
      const sent = await turns.inTurn(() => {
        answers = of.map((name, n) => answerOf(operate(name, stores[n] ?? plain, NAMES.charAt(n), beginning)))
        if (flushed) flushInTurn(() => this.#forgetScripts(), 'X', turns)
      })
      if (!sent) return
      commands += sent.length
      const actual = await outcomeOf(plain, await Promise.all(answers))
      outcomes.add(JSON.stringify(actual))
      const circumstances = {
        startedAt,
        storesNow: STORES_NOW + Math.max(0, ...aheadMs),
      }
      await explained(`${of.join(', ')} (before: ${beginning})`, sent, async () => {
        await assertSound(this.admin, actual, circumstances)
        assertRevoked(actual, beginning, of)
        assertAllowed(actual, allowed)
      })
    })
    return { orders, commands, outcomes: [...outcomes].sort() }
  }
}

export function connect(url: string): Redis {
  const client = new Redis(url, { retryStrategy: () => null, enableReadyCheck: false })
  client.on('error', () => {})
  return client
}

/** @throws what `check` does, with what was run and sent */
export async function explained(what: string, sent: readonly string[], check: () => Promise<void>): Promise<void> {
  try {
    await check()
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message} after\n${sent.join('\n')}`)
  }
}

export function assertAllowed(actual: Outcome, allowed: readonly Outcome[]): void {
  if (allowed.some((one) => isDeepStrictEqual(one, actual))) return
  throw new Error(`${JSON.stringify(actual)} is none of ${JSON.stringify(allowed)}`)
}

/** What was the owner's before the revocation began is not the owner's any more, unless it was created anew since. */
function assertRevoked({ stored, answers }: Outcome, beginning: BeginningName, of: readonly OperationName[]): void {
  const { loaded, isStored } = beginningOf(beginning)
  if (!of.includes('revoke') || !isStored || loaded.owner !== 'alice') return
  const left = stored as { owner: string | null; version: string } | undefined
  if (left?.owner !== 'alice' || left.version.startsWith('create')) return
  throw new Error(`${JSON.stringify(answers)}: a session that was the owner's before is so after the revocation`)
}
