import { setTimeout as delay } from 'node:timers/promises'
import keySlot from 'cluster-key-slot'
import type { RedisClient, RedisPipeline } from './client.ts'
import type { Writer } from './commands.ts'
import { isNoScript, isRedirection, NotReplicated } from './failures.ts'
import { destroyScript, type Script } from './scripts.ts'

/** So many writes share a `WAIT` at most. */
const TOGETHER = 100
const PAUSE_MS = 10

interface Write {
  readonly script: Script
  readonly key: string
  readonly args: readonly string[]
  /** The server has to be told the script. */
  readonly isUnknown: boolean
  readonly until: number
  resolve(answer: unknown): void
  reject(error: unknown): void
}

/** The writes to one server: one batch is under way, the next gathers. */
interface Lane {
  readonly gathered: Write[]
  isUnderWay: boolean
}

/**
 * Writes that count only once so many replicas have them. `WAIT` asks about what its own connection wrote, and holds up
 * everything behind it. So it goes over a connection that nothing else uses, in one pipeline with the writes that have
 * gathered since the last: with replicas away, all that is written meanwhile waits for them together, and none for long.
 *
 * A connection that has written nothing gets an answer at once (Valkey 8). Every script whose answer is to be confirmed
 * therefore writes something, also where there is nothing left to do.
 */
class ReplicatedWriter implements Writer {
  readonly #client: RedisClient
  readonly #replicas: number
  readonly #timeoutMs: number
  readonly #lanes = new Map<string, Lane>()

  constructor(client: RedisClient, replicas: number, timeoutMs: number) {
    this.#client = client
    this.#replicas = replicas
    this.#timeoutMs = timeoutMs
  }

  async remove(key: string): Promise<boolean> {
    return Number(await this.run(destroyScript, key)) > 0
  }

  run(script: Script, key: string, ...args: string[]): Promise<unknown> {
    const until = performance.now() + this.#timeoutMs
    return new Promise((resolve, reject) => {
      this.#send({ script, key, args, isUnknown: false, until, resolve, reject })
    })
  }

  close(): void {
    this.#client.disconnect?.()
  }

  #send(write: Write): void {
    const name = this.#serverOf(write.key)
    const lane = this.#lanes.get(name) ?? { gathered: [], isUnderWay: false }
    lane.gathered.push(write)
    this.#lanes.set(name, lane)
    if (!lane.isUnderWay) void this.#empty(name, lane)
  }

  /** What the client knows of the cluster, in the words by which it tells whether a pipeline has one destination. */
  #serverOf(key: string): string {
    if (!this.#client.nodes) return ''
    const slot = keySlot(key)
    return this.#client.slots?.[slot]?.join(';') ?? String(slot)
  }

  async #empty(name: string, lane: Lane): Promise<void> {
    lane.isUnderWay = true
    while (lane.gathered.length > 0) await this.#sendTogether(lane.gathered.splice(0, TOGETHER))
    this.#lanes.delete(name)
  }

  async #sendTogether(writes: readonly Write[]): Promise<void> {
    try {
      const pipeline = this.#client.pipeline?.()
      if (!pipeline) throw new Error('the client has no pipeline')
      for (const write of writes) add(pipeline, write)
      const replies = (await pipeline.wait(this.#replicas, this.#timeoutMs).exec()) ?? []
      const [waitFailure, confirmed] = replies[writes.length] ?? [new Error('the client answered with too little')]
      for (const [position, write] of writes.entries()) {
        const [failure, answer] = replies[position] ?? [waitFailure, undefined]
        if (failure) this.#failed(write, failure)
        else if (waitFailure) write.reject(waitFailure)
        else if (Number(confirmed) >= this.#replicas) write.resolve(answer)
        else write.reject(new NotReplicated(Number(confirmed), this.#replicas))
      }
    } catch (error) {
      for (const write of writes) this.#failed(write, error)
    }
  }

  #failed(write: Write, error: unknown): void {
    if (isNoScript(error) && !write.isUnknown) this.#send({ ...write, isUnknown: true })
    else if (isRedirection(error) && performance.now() < write.until) void this.#redirect(write)
    else write.reject(error)
  }

  /** A pipeline goes where the client believes the key to be. A plain command, which it redirects, teaches it better. */
  async #redirect(write: Write): Promise<void> {
    await this.#client.getrange(write.key, 0, 0).catch(() => {})
    await delay(PAUSE_MS)
    this.#send(write)
  }
}

function add(pipeline: RedisPipeline, { script, key, args, isUnknown }: Write): void {
  if (isUnknown) pipeline.eval(script.source, 1, key, ...args)
  else pipeline.evalsha(script.sha, 1, key, ...args)
}

/** @param timeoutMs how long a write waits for the replicas: whole milliseconds, at least 1 */
export function replicatedWriter(client: RedisClient, replicas: number, timeoutMs: number): ReplicatedWriter {
  const own = client.duplicate?.()
  if (!own) throw new Error('the client cannot be duplicated')
  // The calls that fail for it tell; without a listener the client would print it.
  own.on?.('error', () => {})
  return new ReplicatedWriter(own, replicas, timeoutMs)
}
