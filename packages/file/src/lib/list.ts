import { isSessionId, type ListedSession, type ListPage, type ListQuery, type SessionId } from '@leeway/core/adapter'
import type { Disk } from './disk.ts'
import { DamagedRecord, isMissing, isNothing } from './failures.ts'
import { idOfEntry, type Layout, shardName } from './layout.ts'
import { ownerHash } from './names.ts'
import type { Records, Seen } from './records.ts'
import { all, TOGETHER, walk } from './walk.ts'

/** Pages through all sessions by their names, or through one owner's by the index. */
export class Lister {
  readonly #disk: Disk
  readonly #layout: Layout
  readonly #records: Records

  constructor(disk: Disk, layout: Layout, records: Records) {
    this.#disk = disk
    this.#layout = layout
    this.#records = records
  }

  list({ owner, limit, cursor = '' }: ListQuery): Promise<ListPage> {
    return owner === undefined ? this.#all(limit, cursor) : this.#owned(owner, limit, cursor)
  }

  async #all(limit: number, cursor: string): Promise<ListPage> {
    const found: ListedSession[] = []
    for await (const entries of walk(this.#disk, this.#layout, cursor)) {
      const ids = entries.map(({ name }) => name).filter(isSessionId)
      found.push(...(await present(ids.map((id) => this.#listed(id)))))
      if (found.length > limit) break
    }
    await this.#records.assertThere('sessions')
    return page(found, limit, ({ id }) => `${shardName(id)}${id}`)
  }

  /** Opens no file. An entry without its session, or whose session is somebody else's by now, is passed by. */
  async #owned(owner: string, limit: number, cursor: string): Promise<ListPage> {
    const hash = ownerHash(owner)
    const ids = (await this.#entries(hash)).map((name) => idOfEntry(name, hash)).filter((id) => id !== undefined)
    const behind = [...new Set(ids)].filter((id) => id > cursor).sort()
    const found: ListedSession[] = []
    for (let at = 0; at < behind.length && found.length <= limit; at += TOGETHER) {
      const part = behind.slice(at, at + TOGETHER).map(async (id) => {
        const seen = await this.#readable(this.#records.look(id))
        return seen?.payload.binding?.owner === hash ? listed(id, owner, seen) : undefined
      })
      found.push(...(await present(part)))
    }
    return page(found, limit, ({ id }) => id)
  }

  async #entries(hash: string): Promise<string[]> {
    try {
      return await this.#disk.names(this.#layout.bucket(hash))
    } catch (error) {
      if (!isMissing(error)) throw error
      await this.#records.assertThere('owners')
      return []
    }
  }

  /** The names hold only a hash of the owner, so an owned session's file is opened. */
  async #listed(id: SessionId): Promise<ListedSession | undefined> {
    const seen = await this.#readable(this.#records.look(id))
    if (seen && !seen.payload.binding) return listed(id, null, seen)
    const stored = seen && (await this.#readable(this.#records.load(id)))
    return stored && { id, owner: stored.owner, expiresAt: stored.expiresAt, purgeAt: stored.purgeAt }
  }

  /** What nobody can load is in no list, and so in the way of no other. */
  async #readable<T>(look: Promise<T | undefined>): Promise<T | undefined> {
    try {
      return await look
    } catch (error) {
      if (error instanceof DamagedRecord || isNothing(error)) return undefined
      throw error
    }
  }
}

function listed(id: SessionId, owner: string | null, { state }: Seen): ListedSession {
  return { id, owner, expiresAt: state.expiresAt, purgeAt: state.purgeAt }
}

async function present<T>(looks: Promise<T | undefined>[]): Promise<T[]> {
  return (await all(looks)).filter((one) => one !== undefined)
}

function page(found: ListedSession[], limit: number, cursorOf: (last: ListedSession) => string): ListPage {
  const sessions = found.slice(0, limit)
  const last = sessions.at(-1)
  return { sessions, cursor: found.length > limit && last ? cursorOf(last) : undefined }
}
