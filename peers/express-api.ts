/** The part of a store for express-session that requests use: https://github.com/expressjs/session#session-store-implementation */
export interface ExpressStore {
  get(sid: string, done: (error?: unknown, session?: unknown) => void): unknown
  set(sid: string, session: ExpressSession, done: (error?: unknown) => void): unknown
  touch(sid: string, session: ExpressSession, done: (error?: unknown) => void): unknown
  destroy(sid: string, done: (error?: unknown) => void): unknown
}

/** What express-session hands to a store: the application's keys, and the cookie that says when the session expires. */
export interface ExpressSession {
  readonly cookie: { expires: Date | string | null; maxAge: number | null; originalMaxAge?: number | null }
  readonly [key: string]: unknown
}

/** express-session's own class, so that stores get what they get in an application. */
export type CookieClass = new () => ExpressSession['cookie']

/** A session as express-session makes it, with an expiry. */
export function sessionOf(Cookie: CookieClass, fields: Record<string, unknown>, expiresAt: number): ExpressSession {
  const cookie = new Cookie()
  cookie.expires = new Date(expiresAt)
  return { ...fields, cookie }
}

/** What the store has under the id. As in express-session, an error with the code ENOENT says that there is nothing. */
export async function get(store: ExpressStore, sid: string): Promise<ExpressSession | undefined> {
  try {
    const session = await answered<unknown>((done) => store.get(sid, done))
    return (session ?? undefined) as ExpressSession | undefined
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

export async function set(store: ExpressStore, sid: string, session: ExpressSession): Promise<void> {
  await answered((done) => store.set(sid, session, done))
}

/** False if the store says that there is nothing to touch; most say nothing. */
export async function touch(store: ExpressStore, sid: string, session: ExpressSession): Promise<boolean> {
  try {
    await answered((done) => store.touch(sid, session, done))
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

export async function destroy(store: ExpressStore, sid: string): Promise<void> {
  await answered((done) => store.destroy(sid, done))
}

/** Calls back once and for all: a second call changes nothing. */
function answered<T>(call: (done: (error?: unknown, value?: T) => void) => unknown): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    call((error, value) => {
      if (error) reject(error)
      else resolve(value)
    })
  })
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
