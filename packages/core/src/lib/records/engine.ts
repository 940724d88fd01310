import { Gate } from '../adapter/gate.ts'
import { DataFormat } from '../data/data-format.ts'
import type { Header, SealedSnapshot } from '../envelope.ts'
import { isLeewayError } from '../errors.ts'
import { publish } from '../events.ts'
import { type RecordsOptions, type ResolvedOptions, resolveOptions } from '../options.ts'
import type { SessionId } from '../store.ts'
import { type SweepBatchOptions, type SweepCount, type Sweeper, type SweeperOptions, Sweeps } from '../sweep/sweeper.ts'
import { RecordKeeper } from './keeper.ts'
import { LiveRecord } from './live-record.ts'
import type { RecordContext } from './record-types.ts'

/** What records and sessions share: the resolved options, the keeper, the sweeps, and one lifecycle for all of them. */
export class Engine {
  readonly options: ResolvedOptions
  readonly format: DataFormat
  readonly keeper: RecordKeeper
  readonly #context: RecordContext
  readonly #sweeps: Sweeps
  readonly #gate = new Gate()

  constructor(options: RecordsOptions, otherNames: readonly string[] = []) {
    this.options = resolveOptions(options, otherNames)
    const { store, clock, graceMs, codec, onConflict } = this.options
    this.format = new DataFormat(this.options)
    this.keeper = new RecordKeeper({ ...this.options, format: this.format })
    this.#context = { keeper: this.keeper, codec, format: this.format, onConflict }
    this.#sweeps = new Sweeps(store, clock, graceMs)
  }

  /** Runs an operation that `close` waits for. */
  run<T>(operation: string, work: () => Promise<T>): Promise<T> {
    return this.#gate.run(operation, work)
  }

  /** A record that is not stored yet. What is its own of the header is made when first needed, with its id unless one is given. */
  begin(initialText: string, own: () => Pick<Header, 'credentials' | 'firstIdleMs'>, id?: SessionId): LiveRecord {
    const { now, idleTimeoutMs, absoluteTimeoutMs } = this.options
    const createdAt = now()
    return new LiveRecord(this.#context, {
      id,
      initialText,
      draft: (text) => ({
        raw: text,
        text,
        owner: null,
        header: {
          createdAt,
          absoluteAt: createdAt + absoluteTimeoutMs,
          idleMs: idleTimeoutMs,
          absoluteMs: absoluteTimeoutMs,
          epoch: 0,
          recent: [],
          ...own(),
        },
      }),
    })
  }

  /**
   * A record that was found; `undefined` where its data cannot be had, which is published.
   * @throws `ERR_NEWER_DATA`; `ERR_INVALID_OPTION` for a schema or a migration that answers with a promise
   */
  resume(sealed: SealedSnapshot): LiveRecord | undefined {
    try {
      return new LiveRecord(this.#context, { snapshot: this.format.open(sealed, 'load') })
    } catch (error) {
      if (!isLeewayError(error) || error.code !== 'ERR_INVALID_RECORD') throw error
      publish('leeway:session:miss', () => ({ id: sealed.id, reason: 'undecodable', error }))
      return undefined
    }
  }

  sweep(options?: SweepBatchOptions): Promise<SweepCount> {
    return this.run('sweep', () => this.#sweeps.sweep(options))
  }

  /** Rolls the dice of `sweepChance`. The sweep's result and errors are published; `close` waits for it. */
  sweepByChance(): void {
    if (Math.random() < this.options.sweepChance) void this.sweep().catch(() => {})
  }

  startSweeper(options?: SweeperOptions): Sweeper {
    this.#gate.assertOpen('startSweeper')
    return this.#sweeps.start(options)
  }

  close(): Promise<void> {
    return this.#gate.close(async () => {
      await this.#sweeps.stopAll()
      await this.options.store.close()
    })
  }
}
