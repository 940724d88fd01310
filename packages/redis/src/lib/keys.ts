import { isSessionId, type SessionId } from '@leeway/core/adapter'

const ID_LENGTH = 26

/** The names of one namespace's keys: `<prefix><namespace>:<id>` for sessions, `<prefix><namespace>:owner:<owner>`. */
export class Keys {
  readonly #base: string
  /** What `SCAN` has to match to find sessions, and no owners. */
  readonly pattern: string

  constructor(prefix: string, namespace: string) {
    this.#base = `${prefix}${namespace}:`
    this.pattern = this.#base.replace(/[\\*?[\]^-]/g, '\\$&') + '?'.repeat(ID_LENGTH)
  }

  session(id: SessionId): string {
    return this.#base + id
  }

  owner(owner: string): string {
    return `${this.#base}owner:${owner}`
  }

  /** `undefined` for a key of something else. */
  idOf(key: string): SessionId | undefined {
    const id = key.slice(this.#base.length)
    return key.startsWith(this.#base) && isSessionId(id) ? id : undefined
  }
}
