import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type ClientHints, readAside, withAside } from '../aside.ts'
import type { Header, SealedSnapshot, Snapshot } from '../envelope.ts'
import { isLeewayError, LeewayError } from '../errors.ts'
import type { ResolvedOptions } from '../options.ts'
import { assertSynchronous } from '../synchronous.ts'
import type { Codec } from './codec.ts'
import { changedKeys, type Document, decodeDocument, encodeDocument, encodedKeys, withKeysFrom } from './document.ts'
import { validated } from './schema.ts'

/** Data twice: as it is stored, and as the application sees it through its schema. Without a schema they are the same. */
export interface Texts {
  readonly raw: string
  readonly text: string
}

/** The way of session data between the record and the application: encryption, what stands aside, migration, schema. */
export class DataFormat {
  readonly #codec: Codec
  readonly #schema: StandardSchemaV1 | undefined
  readonly #dataVersion: number
  readonly #migrate: ((old: Document, fromVersion: number) => object) | undefined

  constructor(options: Pick<ResolvedOptions, 'codec' | 'schema' | 'dataVersion' | 'migrate'>) {
    this.#codec = options.codec
    this.#schema = options.schema
    this.#dataVersion = options.dataVersion
    this.#migrate = options.migrate
  }

  /**
   * @throws `ERR_INVALID_RECORD` where the data cannot be had; `ERR_NEWER_DATA`; `ERR_INVALID_OPTION` for a schema or a
   * migration that answers with a promise
   */
  open(snapshot: SealedSnapshot, operation: string): Snapshot {
    const { id, version, owner, expiresAt, purgeAt } = snapshot
    const { dataVersion = 1 } = snapshot.header
    if (dataVersion > this.#dataVersion) {
      throw new LeewayError(
        'ERR_NEWER_DATA',
        `the session was written with dataVersion ${dataVersion}, and this process knows ${this.#dataVersion}`,
        { operation, id },
      )
    }
    try {
      const { header, text } = this.#unsealed(snapshot)
      const raw = dataVersion < this.#dataVersion ? this.#migrated(text, dataVersion) : text
      return { id, version, owner, expiresAt, purgeAt, header, raw, text: this.#seen(raw) }
    } catch (cause) {
      if (isLeewayError(cause) && ['ERR_INVALID_OPTION', 'ERR_INVALID_RECORD'].includes(cause.code)) throw cause
      throw new LeewayError('ERR_INVALID_RECORD', 'the stored session data cannot be used', { operation, id, cause })
    }
  }

  /** The hints about the client, which are for every release to read; `undefined` where there are none, or none that open. */
  client(snapshot: SealedSnapshot): ClientHints | undefined {
    try {
      return this.#unsealed(snapshot).header.client
    } catch {
      return undefined
    }
  }

  /** What is stored of a snapshot: the header and, sealed together, what stands aside and the data of the newest version. */
  seal({ id, header, raw }: Pick<Snapshot, 'id' | 'header' | 'raw'>): { header: Header; sealed: string } {
    const { line, body } = withAside(header, raw)
    return {
      header: this.#dataVersion === 1 ? line : { ...line, dataVersion: this.#dataVersion },
      sealed: this.#codec.seal ? this.#codec.seal(body, id) : body,
    }
  }

  /** The data of a new session, with what the schema adds. @throws `ERR_INVALID_DATA`, `ERR_NOT_SERIALIZABLE` */
  initial(data: unknown): string {
    return this.#seen(encodeDocument(this.#codec, data))
  }

  /**
   * What a write stores that turns `current.text` into `text`. Keys that the write leaves alone stay as they are stored,
   * so that a process whose schema does not know a key yet does not delete it.
   *
   * @throws `ERR_INVALID_DATA`
   */
  next(current: Texts, text: string): Texts {
    if (text === current.text) return { raw: current.raw, text }
    const raw = current.raw === current.text ? text : this.#overlaid(current, text)
    return { raw, text: this.#seen(raw) }
  }

  #unsealed({ id, header, sealed }: SealedSnapshot): { header: Header; text: string } {
    const content = readAside(header, this.#codec.unseal ? this.#codec.unseal(sealed, id) : sealed)
    if (!content) throw new LeewayError('ERR_INVALID_RECORD', 'the stored session is not one that leeway wrote', { id })
    return content
  }

  #overlaid(current: Texts, text: string): string {
    const codec = this.#codec
    const after = decodeDocument(codec, text)
    const changed = changedKeys(encodedKeys(codec, decodeDocument(codec, current.text)), encodedKeys(codec, after))
    return encodeDocument(codec, withKeysFrom(decodeDocument(codec, current.raw), changed, after))
  }

  #seen(raw: string): string {
    if (!this.#schema) return raw
    const codec = this.#codec
    const document = decodeDocument(codec, raw)
    // Before it is given away: nothing keeps a schema from changing what it is given.
    const before = encodedKeys(codec, document)
    const data = validated(this.#schema, document)
    const text = encodeDocument(codec, data)
    return changedKeys(before, encodedKeys(codec, data as Document)).size === 0 ? raw : text
  }

  #migrated(text: string, fromVersion: number): string {
    const data: unknown = this.#migrate?.(decodeDocument(this.#codec, text), fromVersion)
    assertSynchronous(data, 'migrate', 'load')
    return encodeDocument(this.#codec, data)
  }
}
