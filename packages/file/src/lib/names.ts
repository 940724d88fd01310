import { hash, randomFillSync } from 'node:crypto'
import type { Millis, SessionId, Version } from '@leeway/core/adapter'

/**
 * A session's directory holds two files, and their names say everything but the data.
 *
 *     p.<seq>.<nonce>.<version>[.<owner>.<binding>]   the payload: written once, never changed, never renamed
 *     s.<seq>.<nonce>.<expiresAt>.<purgeAt>           the state, empty: which payload counts, and how long it lives
 *
 * `seq` grows by one with every rename of the state; a payload carries that of the state it is meant for. A `nonce` names
 * one attempt to write, so no name is ever used twice. `owner` is a hash, and `binding` the nonce of the write that bound
 * the session to that owner: together they name its entry in the owner index.
 */
export interface StateName {
  readonly name: string
  readonly seq: number
  readonly nonce: string
  readonly expiresAt: Millis
  readonly purgeAt: Millis
}

export interface PayloadName {
  readonly name: string
  readonly seq: number
  readonly nonce: string
  readonly version: Version
  readonly binding: Binding | undefined
}

export interface Binding {
  readonly owner: string
  readonly nonce: string
}

const statePattern = /^s\.(\d{1,16})\.([0-9a-f]{16})\.(-?\d{1,16})\.(-?\d{1,16})$/
const payloadPattern = /^p\.(\d{1,16})\.([0-9a-f]{16})\.([A-Za-z0-9_-]{16,32})(?:\.([0-9a-f]{40})\.([0-9a-f]{16}))?$/
const unfinishedPattern = /^([a-z0-9]{26})\.([0-9a-f]{16})(\.gone)?$/

const NONCE_BYTES = 8
const pool = Buffer.alloc(4_096)
let used = pool.length

export function stateName({ seq, nonce, expiresAt, purgeAt }: Omit<StateName, 'name'>): string {
  return `s.${seq}.${nonce}.${expiresAt}.${purgeAt}`
}

export function parseState(name: string): StateName | undefined {
  const [, seq, nonce, expiresAt, purgeAt] = statePattern.exec(name) ?? []
  if (nonce === undefined) return undefined
  const state = { name, seq: Number(seq), nonce, expiresAt: Number(expiresAt), purgeAt: Number(purgeAt) }
  const isWhole = [state.seq, state.expiresAt, state.purgeAt].every(Number.isSafeInteger)
  return isWhole ? state : undefined
}

export function payloadName({ seq, nonce, version, binding }: Omit<PayloadName, 'name'>): string {
  return `p.${seq}.${nonce}.${version}${binding ? `.${binding.owner}.${binding.nonce}` : ''}`
}

export function parsePayload(name: string): PayloadName | undefined {
  const [, seq, nonce, version, owner, bound] = payloadPattern.exec(name) ?? []
  if (nonce === undefined || version === undefined || !Number.isSafeInteger(Number(seq))) return undefined
  const binding = owner !== undefined && bound !== undefined ? { owner, nonce: bound } : undefined
  return { name, seq: Number(seq), nonce, version, binding }
}

/** A session that is being built beside its place, or was put aside to be removed. */
export interface Unfinished {
  readonly id: SessionId
  readonly isPutAside: boolean
}

export function unfinishedName(id: SessionId, nonce: string): string {
  return `${id}.${nonce}`
}

export function parseUnfinished(name: string): Unfinished | undefined {
  const [, id, , gone] = unfinishedPattern.exec(name) ?? []
  return id === undefined ? undefined : { id, isPutAside: gone !== undefined }
}

/** 64 random bits. They are drawn many at a time, as a call costs as much for a page as for eight bytes. */
export function nextNonce(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += NONCE_BYTES
  return pool.toString('hex', used - NONCE_BYTES, used)
}

/** 160 bits of SHA-256: an owner may be of any characters, and longer than a file's name. */
export function ownerHash(owner: string): string {
  return hash('sha256', owner, 'hex').slice(0, 40)
}
