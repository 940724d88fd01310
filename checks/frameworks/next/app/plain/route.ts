import { withSession } from '../../sessions.ts'

export const GET = withSession((_request: Request, session) => new Response(session.owner ?? 'nobody'))
