import type { ListedSession, StoredSession } from '@leeway/core/adapter'
import type { RootDatabase } from 'lmdb'

export type Key = (string | number)[]
export type Database = RootDatabase<string, Key>

/** A record without its payload: what most operations need. A touch writes nothing else. */
export type Head = Omit<StoredSession, 'payload'>

/** After every id in the order of the keys. */
const END = '~'

/**
 * Three entries for each record: its head, its payload, and one in an index by purge time. Those that write are called in
 * a transaction, so the three are always of the same record.
 */
export class Records {
  readonly #db: Database
  readonly #namespace: string

  constructor(db: Database, namespace: string) {
    this.#db = db
    this.#namespace = namespace
  }

  head(id: string): Head | undefined {
    const text = this.#db.get(this.#key('head', id))
    return text === undefined ? undefined : JSON.parse(text)
  }

  session(id: string): StoredSession | undefined {
    const head = this.head(id)
    if (!head) return undefined
    const payload = this.#db.get(this.#key('payload', id))
    return { ...head, payload: payload ?? '' }
  }

  put({ id, version, payload, owner, expiresAt, purgeAt }: StoredSession, before?: Head): void {
    this.putHead({ id, version, owner, expiresAt, purgeAt }, before)
    this.#db.put(this.#key('payload', id), payload)
  }

  putHead(head: Head, before?: Head): void {
    if (before) this.#db.remove(this.#key('due', before.purgeAt, before.id))
    this.#db.put(this.#key('head', head.id), JSON.stringify(head))
    this.#db.put(this.#key('due', head.purgeAt, head.id), '')
  }

  remove({ id, purgeAt }: Pick<Head, 'id' | 'purgeAt'>): void {
    this.#db.remove(this.#key('due', purgeAt, id))
    this.#db.remove(this.#key('head', id))
    this.#db.remove(this.#key('payload', id))
  }

  /** Removes at most `most` records that are due. Reads the index alone, so a damaged record is in nobody's way. */
  removeDue(cutoff: number, most: number): number {
    const range = { start: this.#key('due', -Number.MAX_VALUE), end: this.#key('due', cutoff, END), limit: most }
    const due = [...this.#db.getKeys(range)]
    for (const key of due) this.remove({ id: String(key[3]), purgeAt: Number(key[2]) })
    return due.length
  }

  list(owner: string | undefined, after: string, most: number): ListedSession[] {
    const range = { start: this.#key('head', after), exclusiveStart: true, end: this.#key('head', END), limit: most }
    const heads = [...this.#db.getRange(range)].map(({ value }): Head => JSON.parse(value))
    return heads
      .filter((head) => owner === undefined || head.owner === owner)
      .map(({ id, owner, expiresAt, purgeAt }) => ({ id, owner, expiresAt, purgeAt }))
  }

  #key(...parts: Key): Key {
    return [this.#namespace, ...parts]
  }
}
