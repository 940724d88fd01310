import type { Millis } from '../clock.ts'
import { publishOverwrite } from '../data/merge.ts'
import { isLeewayError } from '../errors.ts'
import type { SaveStatus } from '../records/record-types.ts'
import type { RecordHandle, Records } from '../records/records.ts'
import type { SessionTimeouts } from '../timeouts.ts'
import { decodedKeys, jsonKeys } from './json-keys.ts'

type Data = Record<string, unknown>

/** What a hold needs of the records around it. */
export interface DropInContext {
  readonly records: Pick<Records<Data>, 'load' | 'create' | 'destroy'>
  readonly timeouts: (idleTimeoutMs: Millis | undefined) => Required<SessionTimeouts>
  /** Runs what may create the record of a framework's id, so that whoever destroys that id comes after it. */
  readonly creating: <T>(sid: string, work: () => Promise<T>) => Promise<T>
  /** Waits no longer than frameworks do. What the store does later counts all the same. @throws `ERR_STORE_TIMEOUT` */
  readonly inTime: <T>(operation: string, work: () => Promise<T>) => Promise<T>
}

/**
 * One request's hold on the session of a framework: what it loaded, or that it began one. Only a hold that has begun a
 * session can create it, once; afterwards its writes update, and once the session has gone they come to nothing.
 *
 * A framework gives its whole session with each write. What changed since it was last given or loaded is what is written,
 * so that keys of other requests stay, although the framework's own object knows nothing of them.
 */
export class DropInSession {
  readonly #context: DropInContext
  readonly #sid: string
  #handle: RecordHandle<Data> | undefined
  /** What the framework's object held when it was last in step with the record here. */
  #given: ReadonlyMap<string, string>
  #tail: Promise<unknown> = Promise.resolve()

  /** @internal Made by `find` and `begin`. */
  constructor(
    context: DropInContext,
    sid: string,
    loaded?: { handle: RecordHandle<Data>; given: Map<string, string> },
  ) {
    this.#context = context
    this.#sid = sid
    this.#handle = loaded?.handle
    this.#given = loaded?.given ?? new Map()
  }

  /**
   * Stores the session as `JSON.stringify` makes it, at the moment of the call; writes of one hold follow one another.
   * A key that another request changed meanwhile is overwritten, and `leeway:session:overwrite` published. Unchanged, it is
   * touched. Resolves with `gone`, and writes nothing, where the session was logged out or has ended.
   *
   * @param idleTimeoutMs how long it lives without use from now on; the default where it is left out. With nothing left to
   * live, 0 or less, the session is destroyed
   * @throws `ERR_NOT_SERIALIZABLE` with the key; what `save` of a session throws, but for `ERR_CONFLICT`
   */
  async set(data: object, idleTimeoutMs?: Millis): Promise<SaveStatus> {
    const now = jsonKeys(data)
    const write = () => this.#inTurn(() => this.#write(now, [...this.#given.keys(), ...now.keys()], idleTimeoutMs))
    const { creating, inTime } = this.#context
    return inTime('save', this.#handle ? write : () => creating(this.#sid, write))
  }

  /**
   * Extends the session's life, and writes the keys of `part`, such as the cookie, if they have changed. Never creates.
   * @throws what `set` throws
   */
  async touch(part: object, idleTimeoutMs?: Millis): Promise<SaveStatus> {
    const now = jsonKeys(part)
    const write = async () => (this.#handle ? this.#write(now, now.keys(), idleTimeoutMs) : 'unchanged')
    return this.#context.inTime('touch', () => this.#inTurn(write))
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work)
    this.#tail = turn.catch(() => {})
    return turn
  }

  async #write(
    now: ReadonlyMap<string, string>,
    keys: Iterable<string>,
    idleTimeoutMs: Millis | undefined,
  ): Promise<SaveStatus> {
    if (idleTimeoutMs !== undefined && idleTimeoutMs <= 0) {
      await this.#handle?.destroy()
      return 'gone'
    }
    if (!this.#handle) return this.#create(now, idleTimeoutMs)
    return this.#update(this.#handle, now, keys, idleTimeoutMs)
  }

  async #update(
    handle: RecordHandle<Data>,
    now: ReadonlyMap<string, string>,
    keys: Iterable<string>,
    idleTimeoutMs: Millis | undefined,
  ): Promise<SaveStatus> {
    const given = new Map(this.#given)
    const overwritten: string[] = []
    for (const key of new Set(keys)) {
      const text = now.get(key)
      if (text === given.get(key)) continue
      // An earlier write has met another request's value, of which the framework's object knows nothing.
      const held = jsonKeys({ [key]: handle.data[key] }).get(key)
      if (held !== given.get(key) && held !== text) overwritten.push(key)
      if (text === undefined) {
        given.delete(key)
        delete handle.data[key]
      } else {
        given.set(key, text)
        handle.data[key] = JSON.parse(text)
      }
    }
    this.#given = given
    const { idleTimeoutMs: idle } = this.#context.timeouts(idleTimeoutMs)
    if (idle !== handle.idleTimeoutMs) handle.setTimeouts({ idleTimeoutMs: idle })
    const status = await handle.save()
    if (status === 'saved') publishOverwrite(handle.id, { overwritten })
    return status
  }

  async #create(now: ReadonlyMap<string, string>, idleTimeoutMs: Millis | undefined): Promise<SaveStatus> {
    const { records, timeouts } = this.#context
    const create = () => records.create(this.#sid, decodedKeys(now), timeouts(idleTimeoutMs))
    try {
      this.#handle = await create()
    } catch (error) {
      if (!isLeewayError(error) || error.code !== 'ERR_CONFLICT') throw error
      // Whoever sets a whole session under an id that is taken means to replace what is there.
      const handle = await records.load(this.#sid)
      if (handle) {
        this.#handle = handle
        this.#given = jsonKeys(handle.data)
        return this.#update(handle, now, [...this.#given.keys(), ...now.keys()], idleTimeoutMs)
      }
      // It has expired, or cannot be read.
      await records.destroy(this.#sid)
      this.#handle = await create()
    }
    this.#given = now
    return 'saved'
  }
}
