import type { LoaderFunctionArgs } from 'react-router'
import { commitSession, getSession } from '../sessions.server.ts'

export async function loader({ request }: LoaderFunctionArgs) {
  const session = await getSession(request.headers.get('Cookie'))
  const visits = Number(session.get('theme') ?? 0) + 1
  session.set('theme', String(visits))
  return new Response(`visit ${visits}`, { headers: { 'Set-Cookie': await commitSession(session) } })
}
