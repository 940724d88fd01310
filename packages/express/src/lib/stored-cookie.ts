type Data = Record<string, unknown>

/** Less than this `originalMaxAge` has not been changed: express-session itself loses a millisecond of it now and then. */
const JITTER_MS = 1_000

/**
 * What of a session is stored: everything but the expiry of its cookie, which the record has. It moves with every request,
 * and would make every extension a change of data.
 *
 * @param known the cookie as it is stored, whose `originalMaxAge` stays where it has not been changed
 */
export function storedCookie(cookie: unknown, known: unknown): unknown {
  if (!isObject(cookie)) return cookie
  const json: unknown = JSON.parse(JSON.stringify(cookie))
  if (!isObject(json)) return json
  const { expires, ...stored } = json
  if (!isInstant(expires)) return json
  const age = maxAgeOf(cookie)
  const before = isObject(known) ? known.originalMaxAge : undefined
  const isSame = typeof age === 'number' && typeof before === 'number' && Math.abs(age - before) < JITTER_MS
  return { ...stored, originalMaxAge: isSame ? before : age }
}

/** The cookie as express-session knows it. */
export function shownCookie(stored: unknown, expiresAt: number): unknown {
  if (!isTimed(stored)) return stored
  return { ...stored, expires: new Date(expiresAt).toISOString() }
}

/**
 * For how long a session lives without use, in milliseconds. Nothing where its cookie has no expiry. `originalMaxAge` goes
 * before the expiry, of which a part has gone by since it was set: express-session renews it at the end of a request.
 */
export function idleTimeoutOf(stored: unknown): number | undefined {
  return isTimed(stored) ? stored.originalMaxAge : undefined
}

/** Whether the cookie has an expiry, which is not stored with it. */
function isTimed(stored: unknown): stored is Data & { originalMaxAge: number } {
  return isObject(stored) && !('expires' in stored) && typeof stored.originalMaxAge === 'number'
}

function maxAgeOf({ originalMaxAge, expires }: Data): number {
  if (typeof originalMaxAge === 'number') return originalMaxAge
  return new Date(String(expires)).getTime() - Date.now()
}

function isInstant(expires: unknown): boolean {
  return typeof expires === 'string' && !Number.isNaN(Date.parse(expires))
}

function isObject(value: unknown): value is Data {
  return typeof value === 'object' && value !== null
}
