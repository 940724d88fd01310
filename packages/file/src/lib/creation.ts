import type { StoredSession } from '@leeway/core/adapter'
import type { Disk } from './disk.ts'
import { isMissing, isOccupied } from './failures.ts'
import type { Layout } from './layout.ts'
import { type Binding, nextNonce, ownerHash, payloadName, stateName, unfinishedName } from './names.ts'
import { encodePayload } from './payload-file.ts'
import type { Records } from './records.ts'

/** How often a create starts again because a sweep has put aside what it was building, or cleared away what was in its place. */
const CREATE_TRIES = 10

/** Where a new session is built, and where it is to be. */
interface Placing {
  readonly nonce: string
  readonly binding: Binding | undefined
  readonly shard: string
  readonly aside: string
  readonly place: string
}

/** What makes a record: its directory is built beside its place and renamed into it, in one step. */
export class Creation {
  readonly #disk: Disk
  readonly #layout: Layout
  readonly #records: Records

  constructor(disk: Disk, layout: Layout, records: Records) {
    this.#disk = disk
    this.#layout = layout
    this.#records = records
  }

  /** The place has to be free; of several who build for it, one renames first. */
  async create(session: StoredSession): Promise<'created' | 'exists'> {
    const { id, version, owner } = session
    const place = this.#layout.session(id)
    const shard = this.#layout.shardOf(id)
    for (let tries = 1; ; tries++) {
      const nonce = nextNonce()
      const binding = owner === null ? undefined : { owner: ownerHash(owner), nonce }
      const aside = `${shard}/${unfinishedName(id, nonce)}`
      const failure = await this.#place(session, { nonce, binding, shard, aside, place })
      if (failure === undefined) {
        await this.#disk.settle(shard)
        return 'created'
      }
      await this.#records.removeUnfinished(id, aside)
      const mayRepeat = isMissing(failure) || isOccupied(failure)
      // A sweep that has put it aside found no entry yet.
      if (mayRepeat && binding) await this.#records.attempt(this.#disk.unlink(this.#layout.entry(id, binding)))
      if (!mayRepeat || tries === CREATE_TRIES) throw failure
      const seen = await this.#records.look(id)
      if (seen) {
        if (seen.payload.version !== version) return 'exists'
        await this.#disk.settle(shard)
        return 'created'
      }
      // Nothing, or what a removal has left, of which no state can come back.
      const remains = await this.#records.list(id)
      if (remains && remains.state === undefined) await this.#records.clear(id, place, remains)
    }
  }

  /** Answers with what kept the session from its place, so that an error after that is not taken for one of these. */
  async #place(session: StoredSession, to: Placing): Promise<unknown> {
    try {
      await this.#build(session, to)
      await this.#disk.rename(to.aside, to.place)
      return undefined
    } catch (error) {
      return error
    }
  }

  async #build(session: StoredSession, { nonce, binding, shard, aside }: Placing): Promise<void> {
    try {
      await this.#disk.mkdir(aside)
    } catch (error) {
      if (!isMissing(error)) throw error
      await this.#records.assertThere('sessions')
      await this.#records.ensureDirectory(shard)
      await this.#disk.settle(this.#layout.sessions)
      await this.#disk.mkdir(aside)
    }
    const { id, version, expiresAt, purgeAt } = session
    await this.#disk.create(`${aside}/${payloadName({ seq: 1, nonce, version, binding })}`, encodePayload(session))
    await this.#disk.create(`${aside}/${stateName({ seq: 1, nonce, expiresAt, purgeAt })}`)
    if (binding) await this.#records.enter(id, binding)
    await this.#disk.settle(aside)
  }
}
