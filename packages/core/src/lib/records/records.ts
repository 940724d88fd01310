import type { Millis } from '../clock.ts'
import { publish } from '../events.ts'
import { digestId, isReservedId } from '../ids.ts'
import type { RecordsOptions } from '../options.ts'
import type { SessionId } from '../store.ts'
import type { SweepBatchOptions, SweepCount, Sweeper, SweeperOptions } from '../sweep/sweeper.ts'
import { retimedHeader, type SessionTimeouts } from '../timeouts.ts'
import { Engine } from './engine.ts'
import type { LiveRecord } from './live-record.ts'
import type { SaveStatus } from './record-types.ts'
import { StoreCaller } from './store-caller.ts'

/** One request's hold on a record whose id and cookie belong to a framework. */
export interface RecordHandle<Data extends object> {
  readonly id: SessionId
  readonly createdAt: Millis
  readonly expiresAt: Millis
  /** How long it lives without use. */
  readonly idleTimeoutMs: Millis
  data: Data
  /** Merges what changed here into what is stored, or extends the record's life. Never creates. */
  save(): Promise<SaveStatus>
  /** Atomic read-modify-write; `change` must be synchronous and may run more than once. */
  update(change: (data: Data) => void): Promise<Data>
  destroy(): Promise<'destroyed' | 'gone'>
  /** Gives this record timeouts of its own, with the next save. @throws `ERR_INVALID_OPTION` */
  setTimeouts(timeouts: SessionTimeouts): void
}

/** Records on a store: see {@link createRecords}. */
export interface Records<Data extends object> {
  /** The live record under the framework's session id, or `undefined`. @throws `ERR_NEWER_DATA`; store errors */
  load(sid: string): Promise<RecordHandle<Data> | undefined>
  /** Stores a new record. @throws `ERR_CONFLICT` if one is stored under the id; what `save` throws */
  create(sid: string, data: Data, timeouts?: SessionTimeouts): Promise<RecordHandle<Data>>
  /** @throws store errors */
  destroy(sid: string): Promise<'destroyed' | 'gone'>
  /** Every live record, one loaded after the other. @throws `ERR_UNSUPPORTED` where the store cannot list; store errors */
  all(): AsyncGenerator<RecordHandle<Data>>
  sweep(options?: SweepBatchOptions): Promise<SweepCount>
  startSweeper(options?: SweeperOptions): Sweeper
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * The layer below sessions, for bindings to frameworks that own the session id and the cookie: any id to a live record,
 * with expiry and grace, merging, late-save refusal and sweeping, and without tokens, owners or logins. The store sees
 * a digest of the framework's id, never the id itself.
 *
 * @throws `ERR_INVALID_OPTION`
 * @example
 * import { memoryStore } from '@leeway/core/memory'
 * import { createRecords } from '@leeway/core/records'
 *
 * const records = createRecords<{ n: number }>({ store: memoryStore() })
 * await records.create('the-id-in-the-cookie', { n: 1 })
 * const record = await records.load('the-id-in-the-cookie')
 * console.log(record?.data.n) // 1
 * await records.close()
 */
export function createRecords<Data extends object = Record<string, unknown>>(
  options: RecordsOptions<Data>,
): Records<Data> {
  return new RecordManager(options)
}

class RecordManager<Data extends object> implements Records<Data> {
  readonly #engine: Engine
  readonly #store: StoreCaller

  constructor(options: RecordsOptions) {
    this.#engine = new Engine(options)
    this.#store = new StoreCaller(options.store)
  }

  load(sid: string): Promise<RecordHandle<Data> | undefined> {
    return this.#engine.run('load', async () => {
      this.#engine.sweepByChance()
      const id = digestId(sid)
      const found = await this.#engine.keeper.find(id)
      if (found.status === 'expired') {
        publish('leeway:session:expired', () => ({ id, owner: null }))
        return undefined
      }
      if (!('snapshot' in found)) {
        publish('leeway:session:miss', () => ({ id, reason: found.status, error: found.error }))
        return undefined
      }
      const record = this.#engine.resume(found.snapshot)
      if (!record) return undefined
      publish('leeway:session:open', () => ({ id, owner: null }))
      return this.#handle(record)
    })
  }

  async create(sid: string, data: Data, timeouts: SessionTimeouts = {}): Promise<RecordHandle<Data>> {
    const header = retimedHeader(timeouts)
    return this.#engine.run('create', async () => {
      const text = this.#engine.format.initial(data)
      const record = this.#engine.begin(text, () => ({ credentials: null }), digestId(sid))
      await record.save({ header })
      return this.#handle(record)
    })
  }

  destroy(sid: string): Promise<'destroyed' | 'gone'> {
    return this.#engine.run('destroy', () => this.#engine.keeper.destroy(digestId(sid), null))
  }

  async *all(): AsyncGenerator<RecordHandle<Data>> {
    for await (const { id } of this.#store.list()) {
      if (isReservedId(id)) continue
      const record = await this.#engine.run('list', () => this.#listed(id))
      if (record) yield this.#handle(record)
    }
  }

  sweep(options?: SweepBatchOptions): Promise<SweepCount> {
    return this.#engine.sweep(options)
  }

  startSweeper(options?: SweeperOptions): Sweeper {
    return this.#engine.startSweeper(options)
  }

  close(): Promise<void> {
    return this.#engine.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** What the list names, if it is still there, and no session of the layer above. */
  async #listed(id: SessionId): Promise<LiveRecord | undefined> {
    const found = await this.#engine.keeper.find(id)
    return found.status === 'live' && found.snapshot.header.credentials === null
      ? this.#engine.resume(found.snapshot)
      : undefined
  }

  #handle(record: LiveRecord): RecordHandle<Data> {
    const inTurn = <T>(operation: string, work: () => Promise<T>) =>
      this.#engine.run(operation, () => record.inTurn(work))
    return {
      get id() {
        return record.snapshot.id
      },
      get createdAt() {
        return record.snapshot.header.createdAt
      },
      get expiresAt() {
        return record.snapshot.expiresAt
      },
      get idleTimeoutMs() {
        return record.snapshot.header.idleMs
      },
      get data() {
        return record.data as Data
      },
      set data(value) {
        record.data = value as Record<string, unknown>
      },
      save: () => inTurn('save', () => record.save()),
      update: (change) => inTurn('update', async () => (await record.update((data) => change(data as Data))) as Data),
      destroy: () => inTurn('destroy', () => record.destroy()),
      setTimeouts: (timeouts) => record.later({ header: retimedHeader(timeouts), creates: false }),
    }
  }
}
