import { createHash } from 'node:crypto'
import type { Lifetime, SessionId, SessionStore, StoredSession } from '@leeway/core/adapter'
import type { ManualClock } from '@leeway/core/testing'
import { describeError } from '../../engine/expect.ts'
import { ConformanceFailure } from '../../engine/failure.ts'
import { at } from '../handles.ts'
import { listAll } from '../listing.ts'
import { type Operation, perform, recordIn } from '../operations.ts'
import { sweepAll } from '../sweeping.ts'
import { Model } from './model.ts'
import { type Boundary, type From, type ModelScript, type PlannedLifetime, RECORDS, type Step } from './script.ts'

/** A handle and the namespace it is on: handles on one namespace share their records. */
export interface Placed {
  readonly store: SessionStore
  readonly space: number
}

/** A call that a script has made. */
export interface Made {
  readonly handle: number
  readonly text: string
  readonly answer: string
}

/** An answer that differs from the model's. */
export class WrongAnswer extends Error {
  readonly made: readonly Made[]
  readonly expected: string
  readonly actual: string

  constructor(made: readonly Made[], expected: string, actual: string) {
    super('the last answer is wrong')
    this.made = made
    this.expected = expected
    this.actual = actual
  }
}

/** One run of a script: every answer is compared with the model's as it comes. */
export class ModelRun {
  readonly made: Made[] = []
  readonly #handles: readonly Placed[]
  readonly #clock: ManualClock
  readonly #start: number
  readonly #salt: number
  readonly #models: readonly Model[]
  readonly #ids: readonly SessionId[]
  /** The versions that were minted for a record of a namespace, the latest last. */
  readonly #versions = new Map<string, string[]>()
  readonly #writes = new Map<string, Operation[]>()
  #minted = 0

  constructor(handles: readonly Placed[], clock: ManualClock, salt: number) {
    const isNative = handles.some(({ store }) => store.capabilities.purge === 'native')
    this.#handles = handles
    this.#clock = clock
    this.#start = clock.now()
    this.#salt = salt
    this.#models = handles.map(() => new Model(isNative, () => clock.now()))
    this.#ids = Array.from({ length: RECORDS }, (_, n) => idOf(salt, n))
  }

  /** @throws `WrongAnswer` */
  async run({ steps }: ModelScript): Promise<void> {
    for (const step of steps) await this.#take(step)
    for (const [handle, { store }] of this.#handles.entries()) {
      for (const [record] of this.#ids.entries()) await this.#take({ kind: 'load', handle, record })
      if (store.capabilities.list) await this.#take({ kind: 'list', handle, limit: 2, owner: undefined })
    }
  }

  /** Takes away what the script has left, so that the next one does not list it. */
  async tidy(): Promise<void> {
    for (const { store } of this.#handles) for (const id of this.#ids) await store.destroy(id)
  }

  async #take(step: Step): Promise<void> {
    if (step.kind === 'wait') return this.#wait(this.#instantOf(step.until))
    if (step.kind === 'sweep') return this.#sweep(step)
    if (step.kind === 'list') return this.#list(step)
    const { handle, record } = step
    const operation = this.#operationOf(step)
    const answer = await this.#call(handle, this.#describe(operation, record), () =>
      perform(at(this.#handles, handle).store, operation),
    )
    const right = this.#modelOf(handle).answered(at(this.#ids, record), operation, answer)
    if (right) this.#wrong(right.map((one) => this.#brief(one)).join(' or '), this.#brief(answer))
  }

  #wait(instant: number | undefined): void {
    if (instant === undefined || instant <= this.#clock.now()) return
    this.#clock.advance(instant - this.#clock.now())
  }

  async #sweep({ handle, cutoff: planned, limit }: Extract<Step, { kind: 'sweep' }>): Promise<void> {
    const { store } = at(this.#handles, handle)
    const cutoff = (planned === 'now' ? undefined : this.#instantOf(planned)) ?? this.#clock.now()
    const answer = await this.#call(handle, `sweep up to ${this.#at(cutoff)}, ${limit} a call`, async () =>
      String((await sweepAll(store, cutoff, { limit })).removed),
    )
    const removed = this.#modelOf(handle).sweep(cutoff)
    if (removed !== undefined && String(removed) !== answer) this.#wrong(`${removed} removed`, `${answer} removed`)
  }

  async #list({ handle, owner, limit }: Extract<Step, { kind: 'list' }>): Promise<void> {
    const { store } = at(this.#handles, handle)
    const whose = owner === undefined ? 'all' : `of owner ${show(owner)}`
    let listed: Awaited<ReturnType<typeof listAll>> = []
    const query = owner === undefined ? { limit } : { owner, limit }
    await this.#call(handle, `list ${whose}, ${limit} a page`, async () => {
      listed = await listAll(store, query)
      return `${new Set(listed.map(({ id }) => id)).size} records`
    })
    const wrong = this.#modelOf(handle).listed(listed, owner)
    if (wrong) this.#wrong('the records that are stored', wrong)
  }

  async #call(handle: number, text: string, call: () => Promise<string>): Promise<string> {
    try {
      const answer = await call()
      this.made.push({ handle, text, answer: this.#brief(answer) })
      return answer
    } catch (error) {
      const reason = error instanceof ConformanceFailure ? error.message : describeError(error)
      this.made.push({ handle, text, answer: reason })
      return this.#wrong('an answer', reason)
    }
  }

  #wrong(expected: string, actual: string): never {
    throw new WrongAnswer(this.made, expected, actual)
  }

  #operationOf(step: Exclude<Step, { kind: 'wait' | 'sweep' | 'list' }>): Operation {
    const { handle, record } = step
    const id = at(this.#ids, record)
    const key = `${at(this.#handles, handle).space} ${record}`
    switch (step.kind) {
      case 'create':
        return this.#remember(key, { kind: 'create', session: this.#written(key, id, handle, step) })
      case 'update': {
        if (step.from === 'stored' && !this.#modelOf(handle).stored(id)) {
          return this.#operationOf({ ...step, kind: 'create' })
        }
        const expected = this.#version(key, handle, id, step.from)
        return this.#remember(key, { kind: 'update', session: this.#written(key, id, handle, step), expected })
      }
      case 'touch': {
        const version = this.#version(key, handle, id, step.from)
        const owner = this.#modelOf(handle).stored(id)?.owner ?? null
        return { kind: 'touch', loaded: { id, version, owner }, lifetime: this.#lifetime(handle, id, step) }
      }
      case 'again':
        return this.#writes.get(key)?.at(-1 - step.writesAgo) ?? { kind: 'load', id }
      default:
        return { kind: step.kind, id }
    }
  }

  #remember(key: string, write: Operation): Operation {
    this.#writes.set(key, [...(this.#writes.get(key) ?? []), write])
    return write
  }

  #written(
    key: string,
    id: SessionId,
    handle: number,
    { payload, owner, ...planned }: PlannedLifetime & Pick<StoredSession, 'payload' | 'owner'>,
  ): StoredSession {
    const version = this.#mint()
    this.#versions.set(key, [...(this.#versions.get(key) ?? []), version])
    return { id, version, payload, owner, ...this.#lifetime(handle, id, planned) }
  }

  #version(key: string, handle: number, id: SessionId, from: From): string {
    const stored = this.#modelOf(handle).stored(id)?.version
    const others = (this.#versions.get(key) ?? []).filter((version) => version !== stored)
    const older = others.at(-1)
    // Where nothing is stored any more, whoever loaded it before still comes with its version.
    return { stored: stored ?? older, older, other: undefined }[from] ?? this.#mint()
  }

  #mint(): string {
    return `v${++this.#minted}-${String(this.#salt).padStart(14, '0')}`
  }

  #lifetime(handle: number, id: SessionId, { since, idleMs, graceMs }: PlannedLifetime): Lifetime {
    const stored = since === 'stored' ? this.#modelOf(handle).stored(id)?.expiresAt : undefined
    const expiresAt = (stored ?? this.#clock.now()) + idleMs
    return { expiresAt, purgeAt: expiresAt + graceMs }
  }

  #instantOf({ handle, record, of, plusMs }: Boundary): number | undefined {
    const [model, id] = [this.#modelOf(handle), at(this.#ids, record)]
    const instant = of === 'earlierPurgeAt' ? model.earlierPurgeAt(id) : model.stored(id)?.[of]
    return instant === undefined ? undefined : instant + plusMs
  }

  #modelOf(handle: number): Model {
    return at(this.#models, at(this.#handles, handle).space)
  }

  #describe(operation: Operation, record: number): string {
    const name = `r${record + 1}`
    if (operation.kind === 'create') return `create ${name} ${this.#record(operation.session)}`
    if (operation.kind === 'update') {
      return `update ${name} from ${versionName(operation.expected)} to ${this.#record(operation.session)}`
    }
    if (operation.kind === 'touch') {
      return `touch ${name} ${versionName(operation.loaded.version)} ${this.#until(operation.lifetime)}`
    }
    return `${operation.kind} ${name}`
  }

  #brief(answer: string): string {
    const record = answer.startsWith('{') ? recordIn(answer) : undefined
    return record ? this.#record(record) : answer
  }

  #record({ version, payload, owner, ...lifetime }: StoredSession): string {
    return `${versionName(version)} payload ${show(payload)} owner ${show(owner)} ${this.#until(lifetime)}`
  }

  #until({ expiresAt, purgeAt }: Lifetime): string {
    return `expiry ${this.#at(expiresAt)} purge ${this.#at(purgeAt)}`
  }

  #at(instant: number): string {
    const ms = instant - this.#start
    return `${ms < 0 ? '-' : '+'}${Math.abs(ms) / 1_000} s`
  }
}

function versionName(version: string): string {
  return version.split('-', 1)[0] ?? version
}

function show(value: string | null): string {
  const text = JSON.stringify(value)
  return text.length > 24 ? `${text.slice(0, 16)}… (${text.length} characters)` : text
}

/** They differ in their first or last character. */
function idOf(salt: number, record: number): SessionId {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
  const bytes = createHash('sha256').update(`model ${salt}`).digest()
  const id = Array.from(bytes.subarray(0, 24), (byte) => alphabet[byte % 32]).join('')
  return `${record === 1 ? 'b' : 'a'}${id}${record === 2 ? 'b' : 'a'}`
}
