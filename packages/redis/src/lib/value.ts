import type { Lifetime, ListedSession, SessionId, StoredSession } from '@leeway/core/adapter'
import { DamagedRecord } from './failures.ts'

/**
 * A record is one string: a header of fixed width, the owner, the payload. A hash would be larger (anything above 64
 * bytes makes Redis keep a table) and slower to load; fixed widths let scripts read and change the header in place.
 *
 *     1 <id, 26> <version, 32> <expiresAt, 17> <purgeAt, 17> <length of the owner, 3, or --- for none> <owner> <payload>
 *
 * without the spaces. The id is there although the key has it: a client whose replies got out of step once handed people
 * each other's sessions (redis-py, March 2023).
 */
const FORMAT = '1'
const ID = 26
const VERSION = 32
const INSTANT = 17
const NO_OWNER = '---'
const PADDED_VERSION = /^[\w-]{16,32} *$/
const DIGITS = /^-?\d+$/

const VERSION_AT = FORMAT.length + ID
const EXPIRES_AT = VERSION_AT + VERSION
const PURGE_AT = EXPIRES_AT + INSTANT
const OWNER_LENGTH_AT = PURGE_AT + INSTANT
const HEADER = OWNER_LENGTH_AT + NO_OWNER.length

/** Where scripts find what, counted from 0; ends are the last byte. */
export const layout = Object.freeze({
  format: FORMAT,
  versionAt: VERSION_AT,
  expiresAt: EXPIRES_AT,
  purgeAt: PURGE_AT,
  instantsEnd: OWNER_LENGTH_AT - 1,
  /** Of its length, which stands before it. */
  ownerAt: OWNER_LENGTH_AT,
  headerEnd: HEADER - 1,
  /** The header and the longest owner: 255 UTF-16 units of at most three bytes each. */
  ownerEnd: HEADER + 255 * 3 - 1,
})

export function encode({ id, version, payload, owner, expiresAt, purgeAt }: StoredSession): string {
  return FORMAT + id + padVersion(version) + instant(expiresAt) + instant(purgeAt) + ownerField(owner) + payload
}

/** An owner behind its length, as they stand in the record. */
export function ownerField(owner: string | null): string {
  return owner === null ? NO_OWNER : String(owner.length).padStart(NO_OWNER.length, '0') + owner
}

/** @throws DamagedRecord where the text is not what `encode` makes for that id. */
export function decode(text: string, id: SessionId): StoredSession {
  const { owner, expiresAt, purgeAt } = decodeListed(text, id)
  const version = text.slice(VERSION_AT, EXPIRES_AT).trimEnd()
  return { id, version, payload: text.slice(HEADER + (owner?.length ?? 0)), owner, expiresAt, purgeAt }
}

/** As `decode`, of a text that may end anywhere behind the owner. */
export function decodeListed(text: string, id: SessionId): ListedSession {
  if (!text.startsWith(FORMAT) || text.length < HEADER) {
    throw new DamagedRecord('it is not a record of this version of leeway')
  }
  if (!text.startsWith(id, FORMAT.length)) throw new DamagedRecord('it is the record of another id')
  const expiresAt = numberIn(text, EXPIRES_AT, PURGE_AT)
  const purgeAt = numberIn(text, PURGE_AT, OWNER_LENGTH_AT)
  const owner = ownerIn(text)
  if (
    !PADDED_VERSION.test(text.slice(VERSION_AT, EXPIRES_AT)) ||
    !Number.isSafeInteger(expiresAt) ||
    !Number.isSafeInteger(purgeAt) ||
    owner === undefined
  ) {
    throw new DamagedRecord('its header cannot be read')
  }
  return { id, owner, expiresAt, purgeAt }
}

/** `undefined` where it cannot be read. */
function ownerIn(text: string): string | null | undefined {
  if (text.startsWith(NO_OWNER, OWNER_LENGTH_AT)) return null
  const length = numberIn(text, OWNER_LENGTH_AT, HEADER)
  return length >= 0 && text.length >= HEADER + length ? text.slice(HEADER, HEADER + length) : undefined
}

/** `NaN` for what `Number` takes for one although nobody wrote it: blanks, fractions, exponents. */
function numberIn(text: string, from: number, end: number): number {
  const digits = text.slice(from, end)
  return DIGITS.test(digits) ? Number(digits) : Number.NaN
}

/** As wide as the longest version, so that every header has one width. */
export function padVersion(version: string): string {
  return version.padEnd(VERSION)
}

/** Both instants as they stand in the header, side by side. */
export function instants({ expiresAt, purgeAt }: Lifetime): [expiresAt: string, purgeAt: string] {
  return [instant(expiresAt), instant(purgeAt)]
}

function instant(millis: number): string {
  return millis < 0 ? `-${String(-millis).padStart(INSTANT - 1, '0')}` : String(millis).padStart(INSTANT, '0')
}
