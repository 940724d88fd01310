import type { ListedSession, SessionStore } from '@leeway/core'
import { everyCall } from './every-call.ts'
import { answerOf, ID, NAMES, record } from './one-session.ts'
import { commute, type KeysOf, steppedClient } from './redis-commands.ts'
import { type OperationName, operate } from './redis-operations.ts'
import { explained, INDEX, type Orders, type RedisOrders, STORES_NOW } from './redis-orders.ts'

const BEGINNING = 'an owned record and past entries'
const PURGE_AT = 4_000
/** So much ahead, a clock is past that purge time, and not yet at the purge times of those who write. */
export const PAST_PURGE_MS = 5_000 - STORES_NOW
/** On either side of the session that is worked on. */
const BYSTANDERS = ['a', 'b', 'y', 'z'].map((letter) => letter.repeat(ID.length))
const LEAVES: readonly OperationName[] = ['destroy', 'update to another owner']

/**
 * Lists an owner's sessions in small pages, while the operations move entries and trim others, in every order. A session
 * that is there throughout has to be listed; all of them have the same score at first.
 *
 * @param aheadMs by how much the clock of those who write is ahead of the one whose sessions they are
 * @throws where one is missing, with the commands
 */
export async function everyOrderOfPages(
  runs: RedisOrders,
  limit: number,
  of: readonly OperationName[],
  { aheadMs = 0 }: { readonly aheadMs?: number } = {},
): Promise<Pick<Orders, 'orders' | 'commands'>> {
  const awaited = of.some((name) => LEAVES.includes(name)) ? BYSTANDERS : [...BYSTANDERS, ID]
  let commands = 0
  const orders = await everyCall<KeysOf>({ reduced: true, commute }, async (turns) => {
    const plain = await runs.begin(BEGINNING)
    await Promise.all(BYSTANDERS.map((id) => plain.create(record('other', { id, purgeAt: PURGE_AT }))))
    const highest = Number((await runs.admin.zrange(INDEX, '-1', '-1', 'WITHSCORES'))[1])
    await runs.admin.zadd(INDEX, ...[...BYSTANDERS, ID].flatMap((id) => [highest, id]))
    const [pages, ...others] = ['list', ...of].map((_, n) =>
      runs.store(steppedClient(runs.clientOf(n), NAMES.charAt(n), turns), n === 0 ? 0 : aheadMs),
    )
    let listed: Promise<unknown> | undefined
    let answers: Promise<unknown>[] = []
    const sent = await turns.inTurn(() => {
      listed = answerOf(allPages(pages ?? plain, limit))
      answers = of.map((name, n) => answerOf(operate(name, others[n] ?? plain, NAMES.charAt(n + 1), BEGINNING)))
    })
    if (!sent) return
    commands += sent.length
    await explained(`pages of ${limit}, ${of.join(', ')}`, sent, async () => {
      await Promise.all(answers)
      const found = JSON.stringify(await listed)
      const missing = awaited.filter((id) => !found.includes(`"${id}"`))
      if (missing.length > 0) throw new Error(`a session is missing from the pages: ${missing.join(', ')} in ${found}`)
    })
  })
  return { orders, commands }
}

async function allPages(store: SessionStore, limit: number): Promise<ListedSession[]> {
  const all: ListedSession[] = []
  let cursor: string | undefined
  do {
    const page = await store.list?.({ owner: 'alice', limit, cursor })
    all.push(...(page?.sessions ?? []))
    cursor = page?.cursor
  } while (cursor !== undefined)
  return all
}
