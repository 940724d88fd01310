import type { Millis } from '@leeway/core'

/** The cookie of a session as @fastify/session has JSON make it. */
type CookieFields = Record<string, unknown>

/**
 * By how much the expiry of a session that has just begun may lie behind its whole age: the time that its request took.
 * A longer one costs a write, with the session's second request.
 */
const FIRST_REQUEST_MS = 1_000

/** A cookie as JSON has it. */
export function cookieFields(cookie: unknown): CookieFields {
  if (typeof cookie !== 'object' || cookie === null) return {}
  const fields: unknown = JSON.parse(JSON.stringify(cookie))
  return typeof fields === 'object' && fields !== null ? { ...fields } : {}
}

/**
 * What of a cookie is stored. The expiry of one with an age is not: @fastify/session computes it anew with every request,
 * and it would make each of them a change. It is the record's.
 */
export function storedCookie(cookie: CookieFields): CookieFields {
  const { originalExpires: _, expires, ...fields } = cookie
  return ageOf(cookie) === undefined ? { ...fields, expires } : fields
}

/**
 * What @fastify/session is given for a stored cookie. The expiry of one with an age comes from the record, and from
 * nothing that the application is configured with (CVE-2024-35220).
 *
 * @param remainingMs how long the record still lives
 */
export function loadedCookie(stored: unknown, remainingMs: Millis): CookieFields {
  const fields = cookieFields(stored)
  const expires = ageOf(fields) === undefined ? instantOf(fields) : Date.now() + remainingMs
  return { ...fields, expires: expires === undefined ? null : new Date(expires) }
}

/**
 * How long a session is to live without use, by its cookie: its age, or until its expiry where the application has set
 * one. Undefined where it has neither.
 *
 * @param loadedAt when its store gave the session to the framework, or undefined where it has just begun
 */
export function lifetimeOf(cookie: CookieFields, loadedAt: Millis | undefined): Millis | undefined {
  const [age, expires] = [ageOf(cookie), instantOf(cookie)]
  const now = Date.now()
  if (expires === undefined) return age
  if (age === undefined) return expires - now
  // Set to the whole age at some moment of the request, which counts for all of it, or by the application to another.
  const earliest = (loadedAt ?? now - FIRST_REQUEST_MS) + age
  return expires >= earliest && expires <= now + age ? age : expires - now
}

function ageOf({ originalMaxAge }: CookieFields): Millis | undefined {
  return typeof originalMaxAge === 'number' && originalMaxAge > 0 ? originalMaxAge : undefined
}

function instantOf({ expires }: CookieFields): Millis | undefined {
  const instant = typeof expires === 'string' ? Date.parse(expires) : Number.NaN
  return Number.isNaN(instant) ? undefined : instant
}
