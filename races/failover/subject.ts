import { randomBytes } from 'node:crypto'
import { createSessions, isLeewayError, type Session, type SessionId, type SessionStore } from '@leeway/core'
import { sessionId, version } from '@leeway/testing/records'
import type { Answer, Seen } from './ledger.ts'

/** Marks are numbers that only rise: each write has one of its own. Failures reject. */
export interface Handle {
  readonly id: SessionId
  create(mark: number): Promise<Answer>
  load(): Promise<Seen | undefined>
  /** Reads, adds the mark, and writes what was read with it. */
  update(mark: number): Promise<Answer>
  /** Moves the end. */
  touch?(mark: number): Promise<Answer>
  destroy(): Promise<Answer>
}

/** What is put under load. */
export interface Subject {
  begin(owner: string | null): Handle
  list(owner: string): Promise<ReadonlySet<SessionId>>
}

const LIFE_MS = 3_600_000
const GRACE_MS = 240_000

/** The store as an adapter of core has it. */
export function storeSubject(store: SessionStore): Subject {
  const base = Date.now() + LIFE_MS
  return {
    begin: (owner) => new StoredHandle(store, owner, base),
    async list(owner) {
      const ids = new Set<SessionId>()
      let cursor: string | undefined
      do {
        const page = await store.list?.({ owner, limit: 100, cursor })
        for (const { id } of page?.sessions ?? []) ids.add(id)
        cursor = page?.cursor
      } while (cursor !== undefined)
      return ids
    },
  }
}

class StoredHandle implements Handle {
  readonly id = sessionId(randomBytes(12).toString('hex'))
  readonly #store: SessionStore
  readonly #owner: string | null
  readonly #base: number

  constructor(store: SessionStore, owner: string | null, base: number) {
    this.#store = store
    this.#owner = owner
    this.#base = base
  }

  async create(mark: number): Promise<Answer> {
    const answer = await this.#store.create(this.#record([mark], mark))
    return answer === 'created' ? 'done' : 'refused'
  }

  async load(): Promise<Seen | undefined> {
    const stored = await this.#store.load(this.id)
    return stored && { marks: marksIn(stored.payload), end: stored.expiresAt - this.#base }
  }

  async update(mark: number): Promise<Answer> {
    const stored = await this.#store.load(this.id)
    if (!stored) return 'absent'
    const answer = await this.#store.update(this.#record([...marksIn(stored.payload), mark], mark), stored.version)
    return asAnswer(answer, 'saved')
  }

  async touch(mark: number): Promise<Answer> {
    const stored = await this.#store.load(this.id)
    if (!stored) return 'absent'
    return asAnswer(await this.#store.touch(stored, this.#lifetime(mark)), 'touched')
  }

  async destroy(): Promise<Answer> {
    return asAnswer(await this.#store.destroy(this.id), 'destroyed')
  }

  #record(marks: readonly number[], mark: number) {
    const payload = JSON.stringify(marks)
    return {
      id: this.id,
      version: version(randomBytes(8).toString('hex')),
      payload,
      owner: this.#owner,
      ...this.#lifetime(mark),
    }
  }

  #lifetime(mark: number) {
    const expiresAt = this.#base + mark
    return { expiresAt, purgeAt: expiresAt + GRACE_MS }
  }
}

interface Data {
  marks: number[]
}

/** Core's sessions on the store: tokens, owners by login, updates that repeat, lost answers that are looked up. */
export function sessionsSubject(store: SessionStore): Subject {
  const sessions = createSessions<Data>({ store, initialData: () => ({ marks: [] }), graceMs: GRACE_MS })
  return {
    begin: (owner) => new SessionHandle((token) => sessions.open(token), owner),
    list: async (owner) => new Set((await sessions.list(owner)).map(({ id }) => id)),
  }
}

class SessionHandle implements Handle {
  readonly #open: (token: string | null) => Promise<Session<Data>>
  readonly #owner: string | null
  #token: string | null = null
  id = ''

  constructor(open: (token: string | null) => Promise<Session<Data>>, owner: string | null) {
    this.#open = open
    this.#owner = owner
  }

  async create(mark: number): Promise<Answer> {
    const session = await this.#open(null)
    session.data.marks = [mark]
    const { token } = this.#owner === null ? await session.save() : await session.login(this.#owner)
    this.#token = token
    this.id = session.id
    return 'done'
  }

  async load(): Promise<Seen | undefined> {
    const session = await this.#open(this.#token)
    return session.isNew ? undefined : { marks: session.data.marks, end: 0 }
  }

  async update(mark: number): Promise<Answer> {
    const session = await this.#open(this.#token)
    if (session.isNew) return 'absent'
    try {
      await session.update(({ marks }) => {
        marks.push(mark)
      })
      return 'done'
    } catch (error) {
      if (isLeewayError(error) && error.code === 'ERR_GONE') return 'absent'
      throw error
    }
  }

  async destroy(): Promise<Answer> {
    const session = await this.#open(this.#token)
    if (session.isNew) return 'absent'
    return asAnswer((await session.destroy()).status, 'destroyed')
  }
}

function marksIn(payload: string): number[] {
  return JSON.parse(payload) as number[]
}

function asAnswer(answer: string, done: string): Answer {
  if (answer === done) return 'done'
  return answer === 'gone' ? 'absent' : 'refused'
}
