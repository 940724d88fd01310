import {
  type Answer,
  changes,
  conflicts,
  idleOf,
  type Minted,
  type ModelHandle,
  type ModelSession,
  put,
  type Retiming,
  type Spans,
  type Values,
} from './testing-model-parts.ts'

// What sessions promise, said once more without versions, hashes, envelopes or reloads: a session is its data, its ends
// and the tokens that open it, and every operation is one step. The property test holds core against it.

const UNKNOWN = 'not seen yet'

export class Model {
  readonly stored = new Map<string, ModelSession>()
  readonly #spans: Spans
  readonly #revokedAt = new Map<string, number>()
  readonly #minted = new Set<string>()

  constructor(spans: Spans) {
    this.#spans = spans
  }

  /** The session that a token opens at this moment, and as what it is recognised. */
  lookUp(token: string, now: number): { session: ModelSession; as: 'current' | 'pending' | 'previous' } | undefined {
    for (const session of this.stored.values()) {
      if (now >= session.expiresAt || now >= session.absoluteAt) continue
      if (session.current === token) return { session, as: 'current' }
      if (session.pending === token) return { session, as: 'pending' }
      if (session.previous?.token === token && now < session.previous.until) return { session, as: 'previous' }
    }
    return undefined
  }

  open(token: string | undefined, now: number): ModelHandle {
    const found = token === undefined ? undefined : this.lookUp(token, now)
    const handle: ModelHandle = {
      session: null,
      began: true,
      ended: false,
      data: {},
      base: {},
      epoch: 0,
      openedAt: now,
      seen: null,
      presented: null,
      token: null,
      retimings: [],
      unsavedRetimings: [],
    }
    if (!found || token === undefined) return handle
    const { session, as } = found
    if (as === 'pending') {
      session.previous = { token: session.current, until: now + this.#spans.overlap }
      session.current = token
      session.pending = null
      this.#written(session, now, true)
    }
    handle.session = session
    handle.began = false
    handle.data = { ...session.data }
    handle.base = { ...session.data }
    handle.epoch = session.epoch
    handle.seen = { ...session }
    if (as !== 'previous') handle.presented = token
    if (as === 'current') handle.token = session.pending
    return handle
  }

  save(handle: ModelHandle, now: number, minted: Minted, rewritten: boolean): Answer {
    this.#learn(handle, minted.token)
    if (handle.ended) return { status: 'gone', token: null }
    const changed = changes(handle.base, handle.data)
    if (changed.length === 0 && !rewritten) {
      if (!handle.session) return { status: 'unchanged', token: null }
      if (handle.unsavedRetimings.length === 0) return this.#answer(handle, this.#touch(handle, now))
    }
    if (!handle.session) {
      const { token } = minted
      const session = this.#create(handle, handle.data, minted.id, this.#fresh(token))
      this.#merge(handle, session, [], now)
      this.#write(handle, session, now)
      return { status: 'saved', token }
    }
    const met = this.#meet(handle, now)
    if (typeof met === 'string') return this.#answer(handle, met)
    const keys = conflicts(handle, met, changed)
    if (keys.length > 0) return { code: 'ERR_CONFLICT', keys }
    this.#merge(handle, met, changed, now)
    this.#write(handle, met, now)
    return this.#answer(handle, 'saved')
  }

  /** `key` counts one up; without a key nothing changes. */
  update(handle: ModelHandle, key: string | null, now: number, id: string): Answer {
    if (handle.ended) return { code: 'ERR_GONE' }
    if (!handle.session) {
      if (key === null) return { data: {} }
      const session = this.#create(handle, { [key]: 1 }, id, UNKNOWN)
      this.#write(handle, session, now)
    } else {
      const met = this.#meet(handle, now)
      if (typeof met === 'string') return { code: met === 'gone' ? 'ERR_GONE' : 'ERR_SUPERSEDED' }
      if (key === null) {
        handle.seen = { ...met }
      } else {
        met.data = { ...met.data, [key]: (met.data[key] ?? 0) + 1 }
        this.#write(handle, met, now)
      }
    }
    const stored = handle.session?.data ?? {}
    const [base, data] = [{ ...stored }, { ...stored }]
    for (const unsaved of changes(handle.base, handle.data)) {
      if (unsaved === key) continue
      put(base, unsaved, handle.base[unsaved])
      put(data, unsaved, handle.data[unsaved])
    }
    handle.base = base
    handle.data = data
    return { data: { ...stored } }
  }

  login(handle: ModelHandle, owner: string, now: number, minted: Minted): Answer {
    if (handle.session && !handle.ended && handle.seen?.owner != null && handle.seen.owner !== owner) {
      handle.ended = true
      if (!this.stored.delete(handle.session.id)) return { code: 'ERR_CONFLICT' }
      Object.assign(handle, {
        session: null,
        began: true,
        ended: false,
        data: {},
        base: {},
        epoch: 0,
        seen: null,
        openedAt: now,
      })
      handle.presented = null
      handle.token = null
      handle.unsavedRetimings = [...handle.retimings]
    }
    if (handle.ended) return { code: 'ERR_CONFLICT' }
    const revoked = (this.#revokedAt.get(owner) ?? Number.NEGATIVE_INFINITY) >= now
    const session = handle.session ? this.#meet(handle, now) : this.#create(handle, handle.data, minted.id, UNKNOWN)
    if (typeof session === 'string') return { code: 'ERR_CONFLICT' }
    const changed = changes(handle.base, handle.data)
    const keys = conflicts(handle, session, changed)
    if (keys.length > 0) return { code: 'ERR_CONFLICT', keys }
    this.#merge(handle, session, changed, now)
    session.current = revoked ? 'nobody has it' : this.#fresh(minted.token)
    session.owner = owner
    session.epoch++
    session.pending = null
    session.previous = null
    session.absoluteAt = now + session.absolute
    session.first = undefined
    this.#write(handle, session, now)
    handle.epoch = session.epoch
    if (revoked) {
      this.stored.delete(session.id)
      handle.ended = true
      return { code: 'ERR_REVOKED' }
    }
    handle.presented = null
    handle.token = session.current
    return { status: 'saved', token: session.current }
  }

  rotate(handle: ModelHandle, now: number, minted: Minted): Answer {
    this.#learn(handle, minted.token)
    const { presented } = handle
    if (handle.ended) return { status: 'gone', token: null }
    if (presented === null) return this.#answer(handle, 'unchanged')
    const met = this.#meet(handle, now)
    if (typeof met === 'string') return this.#answer(handle, met)
    const overlaps = met.previous !== null && now < met.previous.until
    const starts = met.current === presented && met.pending === null && !overlaps
    if (starts) {
      met.pending = this.#fresh(minted.token)
      this.#write(handle, met, now)
    } else {
      handle.seen = { ...met }
    }
    handle.token = met.current === presented ? met.pending : null
    return this.#answer(handle, starts ? 'saved' : 'unchanged')
  }

  destroy(handle: ModelHandle): Answer {
    handle.ended = true
    const had = handle.session !== null && this.stored.delete(handle.session.id)
    return { status: had ? 'destroyed' : 'gone', token: null }
  }

  retime(handle: ModelHandle, retiming: Retiming): void {
    handle.retimings.push(retiming)
    handle.unsavedRetimings.push(retiming)
  }

  revokeAll(owner: string, except: string | undefined, now: number): number {
    this.#revokedAt.set(owner, now)
    let revoked = 0
    for (const session of this.stored.values()) {
      if (session.owner === owner && session.id !== except && this.stored.delete(session.id)) revoked++
    }
    return revoked
  }

  sweep(now: number): void {
    for (const session of this.stored.values()) if (session.purgeAt <= now) this.stored.delete(session.id)
  }

  /** An update that stores a new session leaves its token to be learned from the first answer that carries it. */
  #learn(handle: ModelHandle, token: string | null): void {
    const { session } = handle
    if (!session || token === null || handle.token !== UNKNOWN || session.current !== UNKNOWN) return
    handle.token = this.#fresh(token)
    session.current = token
  }

  /** What a write finds: the session, or why it may not write. */
  #meet(handle: ModelHandle, now: number): ModelSession | 'gone' | 'superseded' {
    const { session } = handle
    if (!session || !this.stored.has(session.id) || now >= session.purgeAt) {
      handle.ended = true
      return 'gone'
    }
    return session.epoch === handle.epoch ? session : 'superseded'
  }

  #touch(handle: ModelHandle, now: number): string {
    const { session } = handle
    if (!session || !handle.seen) throw new Error('only what is stored can be touched')
    if (!handle.began && handle.seen.first !== undefined) {
      // The first to come back writes.
      const met = this.#meet(handle, now)
      if (typeof met === 'string') return met
      const isFirst = met.first !== undefined
      if (isFirst) this.#write(handle, met, now)
      else handle.seen = { ...met }
      return isFirst ? 'touched' : 'unchanged'
    }
    if (now >= handle.seen.purgeAt) {
      const met = this.#meet(handle, now)
      if (typeof met === 'string') return met
      handle.seen = { ...met }
    }
    const { seen } = handle
    const renewed = Math.min(now + idleOf(seen), seen.absoluteAt)
    const gain = renewed - seen.expiresAt
    const { touch, grace } = this.#spans
    if (gain <= 0 || (gain < touch && seen.expiresAt - now > touch)) return 'unchanged'
    if (!this.stored.has(session.id)) {
      handle.ended = true
      return 'gone'
    }
    if (session.writes !== seen.writes) return 'unchanged'
    for (const end of [session, seen]) {
      end.expiresAt = Math.max(end.expiresAt, renewed)
      end.purgeAt = Math.max(end.purgeAt, renewed + grace)
    }
    return 'touched'
  }

  #merge(handle: ModelHandle, session: ModelSession, changed: readonly string[], now: number): void {
    const data = { ...session.data }
    for (const key of changed) put(data, key, handle.data[key])
    session.data = data
    handle.data = { ...data }
    handle.base = { ...data }
    this.#retimed(handle, session, now)
  }

  #create(handle: ModelHandle, data: Values, id: string, token: string): ModelSession {
    const { idle, absolute, first } = this.#spans
    const session: ModelSession = {
      id: this.#fresh(id),
      data: { ...data },
      owner: null,
      epoch: 0,
      writes: 0,
      idle,
      absolute,
      first,
      absoluteAt: handle.openedAt + absolute,
      expiresAt: 0,
      purgeAt: 0,
      current: token,
      pending: null,
      previous: null,
    }
    this.stored.set(id, session)
    handle.session = session
    handle.token = token
    return session
  }

  #retimed(handle: ModelHandle, session: ModelSession, now: number): void {
    for (const { idleTimeoutMs, absoluteTimeoutMs } of handle.unsavedRetimings) {
      session.idle = idleTimeoutMs ?? session.idle
      if (absoluteTimeoutMs === undefined) continue
      session.absolute = absoluteTimeoutMs
      session.absoluteAt = now + absoluteTimeoutMs
    }
    handle.unsavedRetimings = []
  }

  #write(handle: ModelHandle, session: ModelSession, now: number): void {
    const { seen } = handle
    // A touch by somebody else is not noticed: the purge time that this request knows of is an earlier one then.
    const unaware = seen?.writes === session.writes && now < seen.purgeAt
    const known = unaware ? seen.purgeAt : session.purgeAt
    this.#written(session, now, !handle.began)
    handle.seen = { ...session, purgeAt: Math.max(known, session.expiresAt + this.#spans.grace) }
  }

  #written(session: ModelSession, now: number, cameBack: boolean): void {
    session.writes++
    if (cameBack) session.first = undefined
    session.expiresAt = Math.min(now + idleOf(session), session.absoluteAt)
    session.purgeAt = Math.max(session.purgeAt, session.expiresAt + this.#spans.grace)
  }

  /**
   * A token that this request minted has left in no other response. One that it derived is sent as long as it is the one
   * to come: others derive it too, and it may have been presented, or be outdated, by now.
   */
  #answer(handle: ModelHandle, status: string): Answer {
    const { session, token, presented } = handle
    if (!session || status === 'gone' || status === 'superseded') return { status, token: null }
    const { id, pending } = session
    const derived = presented !== null
    const useful = !derived || (this.stored.has(id) && token === pending)
    return { status, token: useful ? token : null }
  }

  #fresh(text: string | null): string {
    if (text === null || this.#minted.has(text)) throw new Error(`expected something new, not ${text}`)
    this.#minted.add(text)
    return text
  }
}
