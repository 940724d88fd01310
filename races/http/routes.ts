import type { Session } from '@leeway/core'
import type { Holds } from './holds.ts'

type Data = Record<string, unknown>

/** What the routes need of a request's session, whichever library keeps it. */
export interface Visit {
  owner(): unknown
  /** Plain and mutable: the library saves what has changed. */
  data(): Data
  login(owner: string): Promise<unknown>
  logout(): Promise<unknown>
  /** Replaces what opens the session; only where there is a way. */
  rotate?(): Promise<unknown>
  /** Adds one, whatever others do at once; only where there is a way. */
  increment?(): Promise<unknown>
}

/** What a route answers, for the application to send by the means of its framework. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | AsyncIterable<Uint8Array>
}

/** What `/read` answers with. */
export interface Shown {
  readonly owner: unknown
  readonly data: Data
}

/**
 * The routes of every application. `at` in the query names where the request is held, with its session loaded and
 * nothing done yet.
 */
export async function route(target: string, visit: Visit | undefined, holds: Holds): Promise<Answer> {
  const { pathname, searchParams: query } = new URL(target, 'http://races')
  await holds.at(query.get('at'))
  if (visit === undefined) return said('no session')
  switch (pathname) {
    case '/read':
      return said(JSON.stringify({ owner: visit.owner() ?? null, data: visit.data() } satisfies Shown))
    case '/set':
      visit.data()[query.get('key') ?? 'key'] = query.get('value')
      return said('set')
    case '/login':
      await visit.login(query.get('owner') ?? 'alice')
      return said('logged in')
    case '/logout':
      await visit.logout()
      return said('logged out')
    case '/rotate':
      await visit.rotate?.()
      return said('rotated')
    case '/increment':
      await visit.increment?.()
      return said('counted')
    case '/login-and-redirect':
      await visit.login(query.get('owner') ?? 'alice')
      visit.data()[query.get('key') ?? 'key'] = query.get('value')
      return { status: 303, headers: { Location: '/read' }, body: 'see other' }
    case '/stream':
      visit.data()[query.get('key') ?? 'key'] = query.get('value')
      return { status: 200, headers: { 'Content-Type': 'text/plain' }, body: parts(holds, query.get('then')) }
  }
  return { status: 404, headers: {}, body: 'not found' }
}

/** The session of a native binding. */
export function nativeVisit(session: Session<Data> | undefined): Visit | undefined {
  if (session === undefined) return undefined
  return {
    owner: () => session.owner,
    data: () => session.data,
    login: (owner) => session.login(owner),
    logout: () => session.destroy(),
    rotate: () => session.rotate(),
    increment: () =>
      session.update((data) => {
        data.n = Number(data.n ?? 0) + 1
      }),
  }
}

async function* parts(holds: Holds, then: string | null): AsyncIterable<Uint8Array> {
  yield Buffer.from('first')
  await holds.at(then)
  yield Buffer.from('last')
}

function said(body: string): Answer {
  return { status: 200, headers: { 'Content-Type': 'text/plain' }, body }
}
