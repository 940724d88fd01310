import { type LoaderFunctionArgs, useLoaderData } from 'react-router'
import { getSession, sessionOf } from '../sessions.server.ts'

export async function loader({ request }: LoaderFunctionArgs) {
  const session = await getSession(request.headers.get('Cookie'))
  return { owner: sessionOf(session).owner, notice: session.get('notice') }
}

export default function Account() {
  const { owner, notice } = useLoaderData<typeof loader>()
  return (
    <p>
      {owner ?? 'nobody'} {notice}
    </p>
  )
}
