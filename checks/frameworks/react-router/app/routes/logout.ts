import { type ActionFunctionArgs, redirect } from 'react-router'
import { destroySession, getSession } from '../sessions.server.ts'

export async function action({ request }: ActionFunctionArgs) {
  const session = await getSession(request.headers.get('Cookie'))
  return redirect('/account', { status: 303, headers: { 'Set-Cookie': await destroySession(session) } })
}
