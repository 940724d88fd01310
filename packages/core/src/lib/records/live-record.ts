import type { ClientHints } from '../aside.ts'
import type { Millis } from '../clock.ts'
import { type Document, decodeDocument, encodeDocument } from '../data/document.ts'
import { type Merged, mergeText, publishOverwrite } from '../data/merge.ts'
import { afterSave, afterUpdate, type Rebased, takeOver } from '../data/rebase.ts'
import type { Header, Snapshot } from '../envelope.ts'
import { LeewayError } from '../errors.ts'
import { assertSynchronous } from '../synchronous.ts'
import type { Change, Extended, Outcome } from './keeper.ts'
import { type Later, type LostSave, Unsettled } from './later.ts'
import type { Alteration, Origin, RecordContext, SaveStatus, Writer } from './record-types.ts'
import { refusal } from './refusals.ts'
import { seen } from './seen.ts'
import { unstored } from './unstored.ts'

const CREATE_TRIES = 3

/**
 * One record and the data that a request holds of it. `base` is the text that local changes are measured against; it is
 * the stored text of the last load or save, except for keys that `update` found changed here and left unsaved.
 */
export class LiveRecord {
  readonly #context: RecordContext
  readonly #origin: Origin
  #snapshot: Snapshot | undefined
  #stored: boolean
  #base: string
  #data: Document
  /** Written along with whatever is written through this handle. */
  client: ClientHints | undefined
  #ended = false
  readonly #unsettled = new Unsettled()
  #tail: Promise<unknown> = Promise.resolve()
  /** What writes once the record is stored: the keeper, unless an exclusive caller sets a fence before it. */
  writer: Writer

  /** @throws `ERR_INVALID_RECORD` where the stored data cannot be decoded. */
  constructor(context: RecordContext, origin: Origin) {
    this.#context = context
    this.#origin = origin
    this.writer = context.keeper
    this.#stored = 'snapshot' in origin
    this.#base = 'snapshot' in origin ? origin.snapshot.text : origin.initialText
    this.#snapshot = 'snapshot' in origin ? origin.snapshot : undefined
    this.#data = decodeDocument(context.codec, this.#base)
  }

  /** The record as last seen in the store, or as it would be created. */
  get snapshot(): Snapshot {
    this.#snapshot ??= unstored(this.#origin, this.#context.keeper)
    return this.#snapshot
  }

  get stored(): boolean {
    return this.#stored
  }

  /** Destroyed through this handle, or found gone. */
  get ended(): boolean {
    return this.#ended
  }

  get data(): Document {
    return this.#data
  }

  set data(value: Document) {
    this.#data = value
  }

  /** Runs one operation of this handle after those before it, so that two un-awaited saves do not race each other. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work, work)
    this.#tail = turn
    return turn
  }

  /** Changes the header with the next save. */
  later(later: Later): void {
    this.#unsettled.add(later)
  }

  /** Writes what changed here and `alter`, merged into what is stored. Without either it extends the record's life if due. */
  async save(alter: Alteration = {}): Promise<SaveStatus> {
    if (this.#ended) return 'gone'
    const { codec, format, onConflict } = this.#context
    const ours = encodeDocument(codec, this.#data)
    const altered = alter.header !== undefined || alter.owner !== undefined
    const { later, hasLost } = this.#unsettled
    if (ours === this.#base && !altered) {
      if (!this.#stored && !later.some(({ creates }) => creates)) return 'unchanged'
      if (this.#stored && later.length === 0 && !hasLost)
        return this.#adopt(await this.#extend(), { ours, later, merged: ours })
    }
    let merged: Merged | undefined
    const change: Change = (current, now) => {
      merged = mergeText(codec, { base: this.#base, ours, theirs: current.text }, onConflict)
      const header = this.#unsettled.apply(later, current.header, now)
      return {
        header: alter.header ? alter.header(header, now) : header,
        owner: alter.owner ?? current.owner,
        ...format.next(current, merged.text),
      }
    }
    const outcome = await this.#write('save', change, ({ version }) => {
      this.#unsettled.lost({ version, ours, later })
    })
    if (outcome.status === 'saved') publishOverwrite(outcome.snapshot.id, merged)
    return this.#adopt(outcome, { ours, later, merged: merged?.text ?? ours })
  }

  /**
   * Applies `change` to what is stored, however often it takes. Keys that this handle changed and has not saved stay
   * unsaved, unless `change` wrote them too.
   */
  async update(change: (data: Document) => unknown): Promise<Document> {
    if (this.#ended) throw this.#refused('gone', 'update')
    const { codec, format } = this.#context
    let before = this.#base
    const outcome = await this.#write('update', (current) => {
      before = current.text
      const data = decodeDocument(codec, current.text)
      assertSynchronous(change(data), 'the callback of update()', 'update')
      const text = encodeDocument(codec, data)
      const { header, owner } = current
      return text === current.text ? undefined : { header, owner, ...format.next(current, text) }
    })
    if (!('snapshot' in outcome)) throw this.#refused(outcome.status, 'update')
    this.#snapshot = outcome.snapshot
    const stored = outcome.snapshot.text
    const base = this.#base
    this.#rebase(base, stored, (here) => afterUpdate(codec, { base, here, before, stored }))
    return decodeDocument(codec, stored)
  }

  /** Writes the header alone; local data stays as it is, unsaved. */
  async alter(operation: string, change: (current: Snapshot, now: Millis) => Header | undefined): Promise<Outcome> {
    if (this.#ended) throw this.#refused('gone', operation)
    const outcome = await this.#write(operation, (current, now) => {
      const header = change(current, now)
      return header && { header, owner: current.owner, raw: current.raw, text: current.text }
    })
    if ('snapshot' in outcome) this.#snapshot = outcome.snapshot
    if (outcome.status === 'gone') this.#ended = true
    return outcome
  }

  async destroy(): Promise<'destroyed' | 'gone'> {
    const answer = this.#stored ? await this.#context.keeper.destroy(this.snapshot.id, this.snapshot.owner) : 'gone'
    this.#ended = true
    return answer
  }

  /** Gives up a record that must not be used again, whether or not it can be destroyed now. */
  async abandon(): Promise<void> {
    this.#ended = true
    await this.destroy().catch(() => {})
  }

  /** Touches the record. Who is the first to come back writes instead, so that the request before meets it as a conflict. */
  async #extend(): Promise<Extended> {
    const isFirst = !('snapshot' in this.#origin)
    if (isFirst || this.snapshot.header.firstIdleMs === undefined) return this.writer.touch(this.snapshot)
    const outcome = await this.#write('save', (current) =>
      current.header.firstIdleMs === undefined ? undefined : current,
    )
    return outcome.status === 'saved' ? { status: 'touched', snapshot: outcome.snapshot } : outcome
  }

  #write(operation: string, change: Change, onLost?: (lost: Snapshot) => void): Promise<Outcome> {
    const request = { client: this.client, returns: 'snapshot' in this.#origin }
    const write: Change = (current, now) => {
      this.#settleLost(current)
      const draft = change(current, now)
      return draft && { ...draft, header: seen(draft.header, request) }
    }
    if (!this.#stored) return this.#create(write)
    return this.writer.commit(this.snapshot, operation, write, onLost)
  }

  async #create(change: Change): Promise<Outcome> {
    const { keeper } = this.#context
    // Under an id that was given, a second try would meet the same record.
    const tries = 'id' in this.#origin && this.#origin.id !== undefined ? 1 : CREATE_TRIES
    for (let attempt = 0; attempt < tries; attempt++) {
      const { snapshot } = this
      const draft = change(snapshot, keeper.now())
      if (!draft) return { status: 'unchanged', snapshot }
      try {
        const created = await keeper.insert(snapshot.id, draft)
        if (created !== 'exists') {
          this.#stored = true
          return { status: 'saved', snapshot: created }
        }
        this.#snapshot = undefined
      } catch (error) {
        // It may still arrive, so what is saved next is another record, under an id of its own.
        this.#snapshot = undefined
        throw error
      }
    }
    throw new LeewayError('ERR_CONFLICT', 'another session is stored under this id', { operation: 'create' })
  }

  /** Takes over what a save found or wrote: what others changed appears in `data`, what changed here meanwhile stays. */
  #adopt(outcome: Extended, { ours, later, merged }: Omit<LostSave, 'version'> & { merged: string }): SaveStatus {
    if (outcome.status === 'gone') this.#ended = true
    if (!('snapshot' in outcome)) return outcome.status
    this.#snapshot = outcome.snapshot
    if (outcome.status === 'saved') {
      const stored = outcome.snapshot.text
      this.#unsettled.saved(later)
      this.#rebase(ours, stored, (here) => afterSave(this.#context.codec, { ours, here, merged, stored }))
    }
    return outcome.status
  }

  /**
   * Where a save of unknown outcome turns out to be stored, later changes are measured against what the data was here
   * then: not against what was stored, since what others had changed was never taken over.
   */
  #settleLost(current: Snapshot): void {
    const landed = this.#unsettled.landedIn(current)
    if (landed) this.#base = landed.ours
  }

  /** `measured` is what local changes are measured against where the data in hand cannot be stored as it is. */
  #rebase(measured: string, stored: string, how: (here: string) => Rebased): void {
    const { codec } = this.#context
    let here: string
    try {
      here = encodeDocument(codec, this.#data)
    } catch {
      // The write has happened, so it is the next save that reports the data.
      this.#base = measured
      return
    }
    const { base, unsaved } = how(here)
    if (here !== stored && !Object.isExtensible(this.#data)) this.#data = { ...this.#data }
    takeOver(codec, this.#data, { here, stored }, unsaved)
    // Taking over may leave the keys in another order than the stored text has them, which is no change.
    this.#base = unsaved.size === 0 && here !== stored ? encodeDocument(codec, this.#data) : base
  }

  #refused(status: 'gone' | 'superseded', operation: string): LeewayError {
    if (status === 'gone') this.#ended = true
    return refusal(status, operation, this.snapshot.id)
  }
}
