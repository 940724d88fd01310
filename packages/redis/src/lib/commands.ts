import type { RedisClient, RedisStream } from './client.ts'
import { isNoScript } from './failures.ts'
import type { Script } from './scripts.ts'

/** How writes reach Redis: each is one command on one key. */
export interface Writer {
  /** Whether there was such a key. */
  remove(key: string): Promise<boolean>
  run(script: Script, key: string, ...args: string[]): Promise<unknown>
}

/** How many commands leave together at most: the server works on them while the next are being made. */
const TOGETHER = 16

/**
 * The commands that the store sends over the user's client. Those of one turn of the event loop leave in few packets:
 * clients write each on its own, which with many callers costs more than the commands themselves. Only the socket is
 * told to wait (`cork`); to the client every command stays one of its own, with its own redirections.
 */
export class Commands implements Writer {
  readonly #client: RedisClient
  #sentThisTurn = 0
  #corked: (RedisStream | undefined)[] = []

  constructor(client: RedisClient) {
    this.#client = client
  }

  get(key: string): Promise<string | null> {
    this.#gather()
    return this.#client.get(key)
  }

  getRange(key: string, start: number, end: number): Promise<string> {
    this.#gather()
    return this.#client.getrange(key, start, end)
  }

  async remove(key: string): Promise<boolean> {
    this.#gather()
    const removed = Number(await this.#client.del(key))
    if (!Number.isSafeInteger(removed)) throw new Error('the reply is not a number')
    return removed > 0
  }

  /** By its digest; a server that does not know the script (yet, or no more, or since a failover) is told it. */
  async run(script: Script, key: string, ...args: string[]): Promise<unknown> {
    this.#gather()
    try {
      return await this.#client.evalsha(script.sha, 1, key, ...args)
    } catch (error) {
      if (!isNoScript(error)) throw error
      this.#gather()
      return this.#client.eval(script.source, 1, key, ...args)
    }
  }

  /** They leave when the code that made them has run (`nextTick`): nobody who awaits an answer would notice. */
  #gather(): void {
    if (this.#sentThisTurn === 0) process.nextTick(() => this.#endTurn())
    if (this.#sentThisTurn++ % TOGETHER !== 0) return
    this.#uncork()
    this.#corked = (this.#client.nodes?.('master') ?? [this.#client]).map(({ stream }) => stream)
    for (const stream of this.#corked) stream?.cork()
  }

  #endTurn(): void {
    this.#sentThisTurn = 0
    this.#uncork()
  }

  #uncork(): void {
    for (const stream of this.#corked.splice(0)) stream?.uncork()
  }
}
