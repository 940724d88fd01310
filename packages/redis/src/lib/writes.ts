import type { Clock, Lifetime, LoadedRef, SessionId, StoredSession, Version } from '@leeway/core/adapter'
import type { Writer } from './commands.ts'
import type { Keys } from './keys.ts'
import { createScript, indexScript, indexTouchedScript, type Script, touchScript, updateScript } from './scripts.ts'
import { encode, instants, ownerField, padVersion } from './value.ts'

/**
 * What changes a record. The owner's index is another key, on another server perhaps, so it is written first: a session
 * that is not in it could not be revoked, while an entry without a session does no harm.
 */
export class Writes {
  readonly #writer: Writer
  readonly #keys: Keys
  readonly #clock: Pick<Clock, 'now'>

  constructor(writer: Writer, keys: Keys, clock: Pick<Clock, 'now'>) {
    this.#writer = writer
    this.#keys = keys
    this.#clock = clock
  }

  async create(session: StoredSession): Promise<'created' | 'exists'> {
    const ttl = this.#timeToLive(session)
    await this.#index(indexScript, session, ttl)
    const args = [padVersion(session.version), encode(session), ttl]
    return this.#run(createScript, session.id, args, ['created', 'exists'])
  }

  async update(session: StoredSession, expected: Version): Promise<'saved' | 'conflict' | 'gone'> {
    const { id, version, owner } = session
    const [, purge] = instants(session)
    const args = [padVersion(expected), padVersion(version), encode(session), purge]
    const bound = owner === null ? '' : ownerField(owner)
    for (let ttl = this.#timeToLive(session); ; ) {
      await this.#index(indexScript, session, ttl)
      const reply = await this.#writer.run(updateScript, this.#keys.session(id), ...args, ttl, bound)
      if (typeof reply !== 'number') return answerIn(reply, ['saved', 'conflict', 'gone'])
      // Where the session outlives its entry: only a touch that comes in between can bring it here once more.
      ttl = String(reply)
    }
  }

  async touch(loaded: LoadedRef, lifetime: Lifetime): Promise<'touched' | 'conflict' | 'gone'> {
    const ttl = this.#timeToLive(lifetime)
    await this.#index(indexTouchedScript, loaded, ttl)
    const args = [padVersion(loaded.version), ...instants(lifetime), ttl]
    return this.#run(touchScript, loaded.id, args, ['touched', 'conflict', 'gone'])
  }

  async destroy(id: SessionId): Promise<'destroyed' | 'gone'> {
    return (await this.#writer.remove(this.#keys.session(id))) ? 'destroyed' : 'gone'
  }

  async #index(script: Script, { id, owner }: Pick<StoredSession, 'id' | 'owner'>, ttl: string): Promise<void> {
    if (owner !== null) await this.#writer.run(script, this.#keys.owner(owner), id, ttl)
  }

  async #run<Answer>(
    script: Script,
    id: SessionId,
    args: readonly string[],
    answers: readonly Answer[],
  ): Promise<Answer> {
    return answerIn(await this.#writer.run(script, this.#keys.session(id), ...args), answers)
  }

  /** Relative, so that a server whose clock is ahead cannot shorten it; 0 or less would delete the key at once. */
  #timeToLive({ purgeAt }: Pick<Lifetime, 'purgeAt'>): string {
    return String(Math.max(1, Math.ceil(purgeAt - this.#clock.now())))
  }
}

/** A reply that is none of the answers, from a client in the middle of a transaction say, is not taken for one. */
function answerIn<Answer>(reply: unknown, answers: readonly Answer[]): Answer {
  const answer = answers.find((one) => one === reply)
  if (answer === undefined) throw new Error('the reply is not one of the script')
  return answer
}
