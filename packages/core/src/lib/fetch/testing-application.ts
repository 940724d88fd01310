import type { Session } from '../sessions/session.ts'
import { type Data, setup } from '../testing-sessions.ts'
import { fetchSessions } from './fetch-sessions.ts'
import { serve } from './testing-loopback.ts'

export type Route = (session: Session<Data>, request: Request) => Response | Promise<Response>

const text = ({ data, owner }: Session<Data>) => JSON.stringify({ n: data.n, a: data.a, owner })

const standard: Record<string, Route> = {
  '/read': (session) => new Response(text(session)),
  '/write': (session, request) => {
    session.data.a = request.url
    return new Response('written')
  },
  '/login': async (session) => {
    await session.login('alice')
    return Response.redirect('http://shop.example/read', 303)
  },
  '/logout': async (session) => {
    await session.destroy()
    return Response.redirect('http://shop.example/read', 303)
  },
}

/** An application of these routes over HTTP. */
export async function application(routes: Record<string, Route> = {}) {
  const context = setup()
  const { withSession } = fetchSessions(context.sessions, { secure: false, clock: context.clock })
  const handle = withSession((request: Request, session) => {
    const { pathname } = new URL(request.url)
    return { ...standard, ...routes }[pathname]?.(session, request) ?? new Response('nothing here', { status: 404 })
  })
  return { ...context, server: await serve(handle) }
}
