import { withSession } from '../../sessions.ts'

export const POST = withSession(async (_request: Request, session) => {
  await session.destroy()
  return new Response(null, { status: 303, headers: { Location: '/account' } })
})
