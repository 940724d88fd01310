import { isSessionId, type ListedSession, type ListPage, type ListQuery, type SessionId } from '@leeway/core/adapter'
import type { RedisClient } from './client.ts'
import type { Commands } from './commands.ts'
import { isUnreadable } from './failures.ts'
import type { Keys } from './keys.ts'
import { invalidCursor, Scan } from './scan.ts'
import { ownerPageScript } from './scripts.ts'
import { decodeListed, layout } from './value.ts'

/** So many records are read together at most; longer pages come in parts. */
const LONGEST_PAGE = 1_000

/** Pages through one owner's sessions by the index, or through all by scanning every server that holds keys. */
export class Lister {
  readonly #client: RedisClient
  readonly #commands: Commands
  readonly #keys: Keys
  readonly #scanMs: number

  /** @param scanMs for how long a page of all sessions goes on looking for more */
  constructor(client: RedisClient, commands: Commands, keys: Keys, scanMs: number) {
    this.#scanMs = scanMs
    this.#client = client
    this.#commands = commands
    this.#keys = keys
  }

  list({ owner, limit, cursor = '' }: ListQuery): Promise<ListPage> {
    const atMost = Math.min(limit, LONGEST_PAGE)
    return owner === undefined ? this.#all(atMost, cursor) : this.#owned(owner, atMost, cursor)
  }

  /** An entry without its session, or whose session is somebody else's by now, is passed by. */
  async #owned(owner: string, limit: number, cursor: string): Promise<ListPage> {
    const [score, last] = parseEntry(cursor)
    const reply = await this.#commands.run(ownerPageScript, this.#keys.owner(owner), score, last, String(limit))
    const entries = reply as string[]
    const ids = entries.filter((_, position) => position % 2 === 0)
    const found = await this.#read(ids)
    const isLast = ids.length < limit
    return {
      sessions: found.filter((session) => session.owner === owner),
      cursor: isLast ? undefined : `${entries.at(-1)}:${ids.at(-1)}`,
    }
  }

  async #all(limit: number, cursor: string): Promise<ListPage> {
    const scan = await Scan.open(this.#client, this.#keys, cursor)
    const ids = await scan.next(limit, this.#scanMs)
    return { sessions: await this.#read(ids), cursor: scan.cursor }
  }

  async #read(ids: readonly SessionId[]): Promise<ListedSession[]> {
    const sessions = await Promise.all(ids.map((id) => this.#readOne(id)))
    return sessions.filter((session) => session !== undefined)
  }

  /** What nobody can load is in no list, and so in the way of no other. */
  async #readOne(id: SessionId): Promise<ListedSession | undefined> {
    try {
      const text = await this.#commands.getRange(this.#keys.session(id), 0, layout.ownerEnd)
      return text === '' ? undefined : decodeListed(text, id)
    } catch (error) {
      if (isUnreadable(error)) return undefined
      throw error
    }
  }
}

/** @throws `ERR_INVALID_OPTION` */
function parseEntry(cursor: string): [score: string, id: string] {
  if (cursor === '') return ['0', '']
  const [score = '', id = '', ...others] = cursor.split(':')
  if (/^\d+(\.\d+)?(e\+\d+)?$/.test(score) && isSessionId(id) && others.length === 0) return [score, id]
  throw invalidCursor()
}
