import type { DropInRecords, FoundSession } from '@leeway/core/records'
import type { OldStore } from './old-store.ts'

/** Marks a session that has been copied, until it is known that nobody logged out meanwhile. */
const MARK = 'leeway:moving'

/**
 * Records that are looked for in another store as well, and moved from there when they are first asked for, under the
 * same id, so that cookies stay valid.
 *
 * A logout destroys in the old store first and here last. So a copy is marked, and served to nobody until the old store
 * has been seen to hold the session still: had the logout begun before the copy was made, it would be gone there, and one
 * that begins later finds the copy.
 *
 * @param keepsOld whether the old store keeps what has been moved, until it is destroyed
 */
export function movingRecords(records: DropInRecords, old: OldStore, keepsOld: boolean): DropInRecords {
  return {
    lists: records.lists,
    find,
    begin: (sid) => records.begin(sid),
    adopt: (sid, data, idleTimeoutMs) => records.adopt(sid, data, idleTimeoutMs),
    async destroy(sid) {
      await old.destroy(sid)
      await records.destroy(sid)
    },
    async all() {
      return new Map([...(await records.all())].filter(([, found]) => !isMarked(found)))
    },
    count: () => records.count(),
    async clear() {
      await old.clear()
      await records.clear()
    },
    sweep: (options) => records.sweep(options),
    startSweeper: (options) => records.startSweeper(options),
    close: () => records.close(),
    [Symbol.asyncDispose]: () => records.close(),
  }

  async function find(sid: string): Promise<FoundSession | undefined> {
    const found = (await records.find(sid)) ?? (await copied(sid))
    if (!isMarked(found)) return found
    const held = await old.get(sid)
    if (!held) return movedOrGone(sid)
    const { [MARK]: _, ...data } = found.data
    if ((await found.session.set(data, held.idleTimeoutMs)) === 'gone') return undefined
    if (!keepsOld) await old.destroy(sid)
    return records.find(sid)
  }

  /** A marked copy of what the old store holds, of which there is one, whoever makes it. */
  async function copied(sid: string): Promise<FoundSession | undefined> {
    const session = await old.get(sid)
    if (session) await records.adopt(sid, { ...session.data, [MARK]: true }, session.idleTimeoutMs)
    // Where it has gone there, another request may have moved it since it was looked for here.
    return records.find(sid)
  }

  /** The old store no longer holds it: another request has moved it since, or somebody has logged out. */
  async function movedOrGone(sid: string): Promise<FoundSession | undefined> {
    const found = await records.find(sid)
    if (!isMarked(found)) return found
    await records.destroy(sid)
    return undefined
  }
}

function isMarked<Found extends Pick<FoundSession, 'data'>>(found: Found | undefined): found is Found {
  return found !== undefined && Object.hasOwn(found.data, MARK)
}
