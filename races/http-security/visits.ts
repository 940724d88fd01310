import type { Session } from '@leeway/core'

export type Data = Record<string, unknown>

/** What the routes of every application do with the request's session, whichever framework keeps it. */
export interface Visit {
  read(): { readonly owner: unknown; readonly data: unknown }
  write(values: object): void
  login(owner: string): Promise<unknown>
  logout(): Promise<unknown>
  /** Only where the library has it. */
  rotate?(): Promise<unknown>
}

export function nativeVisit(session: Session<Data>): Visit {
  return {
    read: () => ({ owner: session.owner, data: session.data }),
    write: (values) => Object.assign(session.data, values),
    login: (owner) => session.login(owner),
    logout: () => session.destroy(),
    rotate: () => session.rotate(),
  }
}

/** The answer to a request, by its path and its JSON body. */
export async function answerTo(visit: Visit, path: string, body: string): Promise<unknown> {
  // What is parsed is whatever the client sends, `__proto__` included.
  const given: unknown = body === '' ? {} : JSON.parse(body)
  const values = typeof given === 'object' && given !== null ? given : {}
  if (path === '/write') visit.write(values)
  else if (path === '/login') await visit.login('owner' in values ? String(values.owner) : 'alice')
  else if (path === '/rotate') await visit.rotate?.()
  else if (path === '/logout') await visit.logout()
  return path === '/logout' ? {} : visit.read()
}
