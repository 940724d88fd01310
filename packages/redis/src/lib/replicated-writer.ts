import { setTimeout as delay } from 'node:timers/promises'
import { LeewayError } from '@leeway/core/adapter'
import type { RedisClient, RedisPipeline } from './client.ts'
import type { Writer } from './commands.ts'
import { isNoScript, isRedirection } from './failures.ts'
import type { Script } from './scripts.ts'

const PAUSE_MS = 10

/**
 * Writes that count only once so many replicas have them. `WAIT` asks about what its own connection wrote, and holds up
 * everything behind it; so each write and its `WAIT` go together, over a connection that nothing else uses.
 */
class ReplicatedWriter implements Writer {
  readonly #client: RedisClient
  readonly #replicas: number
  readonly #timeoutMs: number

  constructor(client: RedisClient, replicas: number, timeoutMs: number) {
    this.#client = client
    this.#replicas = replicas
    this.#timeoutMs = timeoutMs
  }

  async remove(key: string): Promise<boolean> {
    return Number(await this.#confirmed((pipeline) => pipeline.del(key), key)) > 0
  }

  async run(script: Script, key: string, ...args: string[]): Promise<unknown> {
    try {
      return await this.#confirmed((pipeline) => pipeline.evalsha(script.sha, 1, key, ...args), key)
    } catch (error) {
      if (!isNoScript(error)) throw error
      return this.#confirmed((pipeline) => pipeline.eval(script.source, 1, key, ...args), key)
    }
  }

  close(): void {
    this.#client.disconnect?.()
  }

  /**
   * In a cluster a pipeline goes to the node that is believed to have the key. If that was wrong, a plain command, which
   * the client redirects, teaches it better.
   */
  async #confirmed(add: (pipeline: RedisPipeline) => RedisPipeline, key: string): Promise<unknown> {
    const until = performance.now() + this.#timeoutMs
    for (;;) {
      try {
        return await this.#attempt(add)
      } catch (error) {
        if (!isRedirection(error) || performance.now() >= until) throw error
        await this.#client.getrange(key, 0, 0)
        await delay(PAUSE_MS)
      }
    }
  }

  async #attempt(add: (pipeline: RedisPipeline) => RedisPipeline): Promise<unknown> {
    const pipeline = this.#client.pipeline?.()
    if (!pipeline) throw new Error('the client has no pipeline')
    const replies = await add(pipeline).wait(this.#replicas, this.#timeoutMs).exec()
    const [[failure, answer], [waitFailure, confirmed]] = replies as [[Error | null, unknown], [Error | null, unknown]]
    if (failure) throw failure
    if (waitFailure) throw waitFailure
    if (Number(confirmed) >= this.#replicas) return answer
    const message = `${confirmed} of ${this.#replicas} replicas have confirmed the write in time; the primary has it`
    throw new LeewayError('ERR_NOT_REPLICATED', message)
  }
}

/** @param timeoutMs how long a write waits for the replicas */
export function replicatedWriter(client: RedisClient, replicas: number, timeoutMs: number): Writer {
  const own = client.duplicate?.()
  if (!own) throw new Error('the client cannot be duplicated')
  // The calls that fail for it tell; without a listener the client would print it.
  own.on?.('error', () => {})
  return new ReplicatedWriter(own, replicas, timeoutMs)
}
