import type { ListedSession, StoredSession } from '@leeway/core/adapter'
import type { RootDatabase } from 'lmdb'

export type Key = (string | number)[]
export type Database = RootDatabase<string, Key>

/** A record without its payload: what most operations need. A touch writes nothing else. */
export interface Head extends Omit<StoredSession, 'payload'> {
  /** Of the payload, in UTF-16 units, so that a damaged one is noticed. */
  readonly length: number
}

/** After every id in the order of the keys. */
const END = '~'

/**
 * Four entries for each record: its head, its payload, and one in each of two indexes, by purge time and by owner. Those
 * that write are called in a transaction, so the four are always of the same record.
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
    return text === undefined ? undefined : parse(text)
  }

  session(id: string): StoredSession | undefined {
    const head = this.head(id)
    if (!head) return undefined
    const payload = this.#db.get(this.#key('payload', id))
    if (payload?.length !== head.length) throw new Error('the payload is damaged')
    const { version, owner, expiresAt, purgeAt } = head
    return { id, version, payload, owner, expiresAt, purgeAt }
  }

  put({ id, version, payload, owner, expiresAt, purgeAt }: StoredSession, before?: Head): void {
    this.putHead({ id, version, owner, expiresAt, purgeAt, length: payload.length }, before)
    this.#db.put(this.#key('payload', id), payload)
  }

  putHead(head: Head, before?: Head): void {
    if (before) this.#removeFromIndexes(before.id, before.purgeAt, ownerKey(before.owner))
    const owner = ownerKey(head.owner)
    this.#db.put(this.#key('head', head.id), JSON.stringify(head))
    this.#db.put(this.#key('due', head.purgeAt, head.id), owner)
    if (owner !== '') this.#db.put(this.#key('owner', owner, head.id), '')
  }

  remove({ id, purgeAt, owner }: Head): void {
    this.#remove(id, purgeAt, ownerKey(owner))
  }

  /** Removes at most `most` records that are due. Reads the index alone, so a damaged record is in nobody's way. */
  removeDue(cutoff: number, most: number): number {
    const range = { start: this.#key('due', -Number.MAX_VALUE), end: this.#key('due', cutoff, END), limit: most }
    const due = [...this.#db.getRange(range)]
    for (const { key, value } of due) this.#remove(String(key[3]), Number(key[2]), value)
    return due.length
  }

  list(owner: string | undefined, after: string, most: number): ListedSession[] {
    const index = owner === undefined ? ['head'] : ['owner', ownerKey(owner)]
    const range = {
      start: this.#key(...index, after),
      exclusiveStart: true,
      end: this.#key(...index, END),
      limit: most,
    }
    const ids = [...this.#db.getKeys(range)].map((key) => String(key.at(-1)))
    return ids.map((id) => {
      const { owner, expiresAt, purgeAt } = this.head(id) ?? damaged()
      return { id, owner, expiresAt, purgeAt }
    })
  }

  #remove(id: string, purgeAt: number, owner: string): void {
    this.#removeFromIndexes(id, purgeAt, owner)
    this.#db.remove(this.#key('head', id))
    this.#db.remove(this.#key('payload', id))
  }

  #removeFromIndexes(id: string, purgeAt: number, owner: string): void {
    this.#db.remove(this.#key('due', purgeAt, id))
    if (owner !== '') this.#db.remove(this.#key('owner', owner, id))
  }

  #key(...parts: Key): Key {
    return [this.#namespace, ...parts]
  }
}

/** Keys of LMDB cannot hold NUL, and owners may. Empty for none, which no owner's is. */
function ownerKey(owner: string | null): string {
  return owner === null ? '' : `o${Buffer.from(owner).toString('base64url')}`
}

/** The parser's own message would quote the text. */
function parse(text: string): Head {
  try {
    return JSON.parse(text)
  } catch {
    return damaged()
  }
}

function damaged(): never {
  throw new Error('the record is damaged')
}
