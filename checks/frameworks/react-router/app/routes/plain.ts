import type { LoaderFunctionArgs } from 'react-router'
import { commitSession, getSession } from '../sessions.server.ts'

export async function loader({ request }: LoaderFunctionArgs) {
  const session = await getSession(request.headers.get('Cookie'))
  return new Response('nobody', { headers: { 'Set-Cookie': await commitSession(session) } })
}
