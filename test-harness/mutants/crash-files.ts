import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SessionId, StoredSession } from '@leeway/core/adapter'
import type { OpenOptions } from '../src/engine/subject.ts'

/** What of a record is in a file's name. To rename the file is to change the record, and one of two who try succeeds. */
export type State = Omit<StoredSession, 'payload' | 'owner'>

type Content = Pick<StoredSession, 'payload' | 'owner'>

/** Records as two files each: an empty one, whose name is the state, and what the version holds. */
export class CrashFiles {
  readonly #directory: string

  constructor({ scratch, namespace }: OpenOptions) {
    this.#directory = join(scratch, namespace)
    mkdirSync(this.#directory, { recursive: true })
  }

  states(): State[] {
    return readdirSync(this.#directory).flatMap((name) => {
      const [id = '', version = '', expiresAt, purgeAt] = name.split('@')
      return purgeAt === undefined ? [] : [{ id, version, expiresAt: Number(expiresAt), purgeAt: Number(purgeAt) }]
    })
  }

  state(id: SessionId): State | undefined {
    return this.states().find((state) => state.id === id)
  }

  /** @throws where what it holds is missing or cut short */
  record(state: State): StoredSession {
    const { payload, owner }: Content = JSON.parse(readFileSync(this.path(contentOf(state)), 'utf8'))
    return { ...state, payload, owner }
  }

  /** All that can be read: not those that have only a state. */
  records(): StoredSession[] {
    const whole = this.states().filter((state) => existsSync(this.path(contentOf(state))))
    return whole.map((state) => this.record(state))
  }

  writeContent(session: StoredSession): void {
    writeFileSync(this.path(contentOf(session)), textOf(session))
  }

  addState(state: State): void {
    writeFileSync(this.path(nameOf(state)), '', { flag: 'wx' })
  }

  /** False if somebody else was faster. */
  changeState(from: State, to: State): boolean {
    return this.#succeeds(() => renameSync(this.path(nameOf(from)), this.path(nameOf(to))))
  }

  removeState(state: State): boolean {
    return this.#succeeds(() => rmSync(this.path(nameOf(state))))
  }

  removeContent(state: State): void {
    rmSync(this.path(contentOf(state)), { force: true })
  }

  path(name: string): string {
    return join(this.#directory, name)
  }

  #succeeds(call: () => void): boolean {
    try {
      call()
      return true
    } catch {
      return false
    }
  }
}

export function contentOf({ id, version }: Pick<State, 'id' | 'version'>): string {
  return `${id}.${version}`
}

export function textOf({ payload, owner }: Content): string {
  return JSON.stringify({ payload, owner })
}

function nameOf({ id, version, expiresAt, purgeAt }: State): string {
  return [id, version, expiresAt, purgeAt].join('@')
}
