import { isSessionId, LeewayError, type SessionId } from '@leeway/core/adapter'
import type { RedisClient } from './client.ts'
import type { Keys } from './keys.ts'
import { lookAt } from './servers.ts'

/** Where a scan stands between two pages; as text it is the cursor. */
interface Position {
  /** What has to stay as it is until the end: keys that move from one server to another could be missed. */
  readonly servers: string
  /** Which of them is being scanned. */
  server: number
  /** The server's own cursor. */
  at: string
  /** A server may find more than was asked for: these come with the next page. */
  ids: SessionId[]
}

const FROM_THE_START = '0'
const AT_THE_END = 'end'
/** A `SCAN` looks at so many names at least: with few sessions among many other keys, small pages would take for ever. */
const FEWEST_NAMES = 100

/** A walk over the names of all sessions, on one server after the other. */
export class Scan {
  readonly #client: RedisClient
  readonly #keys: Keys
  readonly #position: Position

  private constructor(client: RedisClient, keys: Keys, position: Position) {
    this.#client = client
    this.#keys = keys
    this.#position = position
  }

  static async open(client: RedisClient, keys: Keys, cursor: string): Promise<Scan> {
    if (cursor !== '') return new Scan(client, keys, parse(cursor))
    const { state } = await lookAt(client, keys)
    return new Scan(client, keys, { servers: state, server: 0, at: FROM_THE_START, ids: [] })
  }

  /** `undefined` once everything has been seen. */
  get cursor(): string | undefined {
    const { servers, server, at, ids } = this.#position
    return at === AT_THE_END && ids.length === 0 ? undefined : [servers, server, at, ids].join(':')
  }

  /** The ids of one page. It may be short of `limit`, or empty, although the walk is not over. */
  async next(limit: number, withinMs: number): Promise<SessionId[]> {
    const position = this.#position
    if (position.ids.length < limit && position.at !== AT_THE_END) await this.#advance(limit, withinMs)
    return position.ids.splice(0, limit)
  }

  /** With the names of other applications all around, a page ends early. */
  async #advance(limit: number, withinMs: number): Promise<void> {
    const position = this.#position
    const { nodes } = await this.#unmoved()
    const until = performance.now() + withinMs
    do {
      const node = nodes[position.server]
      if (!node) throw invalidCursor()
      if (!node.scan) throw new Error('the client cannot SCAN')
      const names = Math.max(limit, FEWEST_NAMES)
      const [at, found] = await node.scan(position.at, 'MATCH', this.#keys.pattern, 'COUNT', names)
      position.ids.push(...found.map((name) => this.#keys.idOf(name)).filter((id) => id !== undefined))
      position.at = at
      if (at !== FROM_THE_START) continue
      position.server++
      if (position.server < nodes.length) continue
      await this.#unmoved()
      position.at = AT_THE_END
      return
    } while (position.ids.length < limit && performance.now() < until)
  }

  async #unmoved(): Promise<{ nodes: readonly RedisClient[] }> {
    const servers = await lookAt(this.#client, this.#keys)
    if (servers.state === this.#position.servers) return servers
    const message =
      'keys have moved between servers, or a server has restarted, while sessions were listed: begin again'
    throw new LeewayError('ERR_STORE_FAILED', message, { operation: 'list' })
  }
}

/** @throws `ERR_INVALID_OPTION` */
function parse(cursor: string): Position {
  const [servers = '', server = '', at = '', ids = '', ...others] = cursor.split(':')
  const position = { servers, server: Number(server), at, ids: ids.split(',').filter((id) => id !== '') }
  const isWhole = /^\d+$/.test(server) && /^(\d+|end)$/.test(at) && position.ids.every(isSessionId)
  if (isWhole && others.length === 0) return position
  throw invalidCursor()
}

export function invalidCursor(): LeewayError {
  return new LeewayError('ERR_INVALID_OPTION', 'cursor must be a string from an earlier result', { operation: 'list' })
}
