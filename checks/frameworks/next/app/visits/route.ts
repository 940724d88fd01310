import { withSession } from '../../sessions.ts'

export const GET = withSession((_request: Request, session) => {
  session.data.visits++
  return new Response(`visit ${session.data.visits}`)
})
