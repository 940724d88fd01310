import type { SessionStore } from '@leeway/core'
import { everyCall } from './every-call.ts'
import { allowedOutcomes, answerOf, type Outcome, outcomeOf } from './one-session.ts'
import { commute, type DyingClient, dyingClient, type KeysOf, steppedClient } from './redis-commands.ts'
import { type BeginningName, beginningOf, type OperationName, operate } from './redis-operations.ts'
import { assertAllowed, connect, explained, type RedisOrders, STORES_NOW } from './redis-orders.ts'
import { assertSound } from './redis-server-state.ts'

const CRASHED = 'crashed'
/** No operation has more calls of the store. */
const MOST_CALLS = 4

interface Crashes {
  readonly crashes: number
  readonly commands: number
}

/**
 * Lets the process that runs the operation die before each of its commands. What has been stored before has to be there,
 * or what was being stored, whole. Somebody who then does the same again, also where it had been done and only the answer
 * was lost, gets the answer of a first try or of a retry.
 */
export async function crashEverywhere(
  runs: RedisOrders,
  url: string,
  beginning: BeginningName,
  name: OperationName,
): Promise<Crashes> {
  const allowed = await withCrashes(beginning, (store, calls) => cutOff(name, beginning, store, calls))
  const allowedAfterwards = await withCrashes(beginning, async (store, calls) => {
    await cutOff(name, beginning, store, calls)
    return operate(name, store, 'A', beginning)
  })
  let commands = 0
  for (let crashes = 0; ; crashes++) {
    const startedAt = performance.now()
    const plain = await runs.begin(beginning)
    const connection = connect(url)
    const dying = dyingClient(connection, crashes)
    const answer = await answerUnlessDead(dying, operate(name, runs.store(dying.client), 'A', beginning))
    connection.disconnect()
    commands += crashes
    const circumstances = { startedAt, storesNow: STORES_NOW }
    await explained(`${name} (before: ${beginning})`, [`${crashes} commands`], async () => {
      const actual = await outcomeOf(plain, [answer])
      await assertSound(runs.admin, actual, circumstances)
      assertAllowed(actual, allowed)
      const again = await outcomeOf(plain, [await answerOf(operate(name, plain, 'A', beginning))])
      await assertSound(runs.admin, again, circumstances)
      assertAllowed(again, allowedAfterwards)
    })
    if (answer !== CRASHED) return { crashes, commands }
  }
}

/** Lets the first of two operations die before each of its commands, in every order with those of the other. */
export async function crashBeside(
  runs: RedisOrders,
  url: string,
  beginning: BeginningName,
  [first, second]: readonly [OperationName, OperationName],
): Promise<Crashes> {
  const allowed = await withCrashes(
    beginning,
    (store, calls) => cutOff(first, beginning, store, calls),
    (store) => operate(second, store, 'B', beginning),
  )
  let [crashes, commands, isOver] = [0, 0, false]
  for (let after = 0; !isOver; after++) {
    isOver = true
    await everyCall<KeysOf>({ reduced: true, commute }, async (turns) => {
      const startedAt = performance.now()
      const plain = await runs.begin(beginning)
      const connection = connect(url)
      await connection.ping()
      const dying = dyingClient(connection, after, steppedClient(connection, 'A', turns))
      const stores = [dying.client, steppedClient(runs.admin, 'B', turns)].map((client) => runs.store(client))
      let answers: Promise<unknown>[] = []
      const sent = await turns.inTurn(() => {
        answers = [
          answerUnlessDead(dying, operate(first, stores[0] ?? plain, 'A', beginning)),
          answerOf(operate(second, stores[1] ?? plain, 'B', beginning)),
        ]
      })
      if (sent) {
        commands += sent.length
        if (dying.isDead()) [crashes, isOver] = [crashes + 1, false]
        const actual = await outcomeOf(plain, await Promise.all(answers))
        await explained(`${first}, ended after ${after} commands, ${second} (before: ${beginning})`, sent, async () => {
          await assertSound(runs.admin, actual, { startedAt, storesNow: STORES_NOW })
          assertAllowed(actual, allowed)
        })
      }
      connection.disconnect()
    })
  }
  return { crashes, commands }
}

/** The outcomes with a process that ends after none, one, two ... of its calls of the store, each of which is one step. */
async function withCrashes(
  beginning: BeginningName,
  dying: (store: SessionStore, calls: number) => Promise<unknown>,
  ...others: readonly ((store: SessionStore) => Promise<unknown>)[]
): Promise<Outcome[]> {
  const { loaded, isStored } = beginningOf(beginning)
  const all: Outcome[] = []
  for (let calls = 0; calls <= MOST_CALLS; calls++) {
    all.push(...(await allowedOutcomes(isStored ? loaded : undefined, [(store) => dying(store, calls), ...others])))
  }
  return all
}

async function cutOff(name: OperationName, beginning: BeginningName, store: SessionStore, calls: number) {
  let made = 0
  const cut = new Proxy(store, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property)
      if (typeof member !== 'function') return member
      return async (...given: unknown[]) => {
        if (made++ >= calls) throw new Error(CRASHED)
        return member.apply(target, given)
      }
    },
  })
  try {
    return await operate(name, cut, 'A', beginning)
  } catch {
    return CRASHED
  }
}

/** What a process that has died would have answered does not matter; that it fails does. */
async function answerUnlessDead({ isDead }: DyingClient, answer: Promise<unknown>): Promise<unknown> {
  try {
    const answered = await answer
    return isDead() ? `answered after its end: ${answered}` : answered
  } catch (error) {
    return isDead() ? CRASHED : `rejected: ${(error as Error).message}`
  }
}
