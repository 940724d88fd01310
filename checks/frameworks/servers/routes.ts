import process from 'node:process'
import { withSession } from './sessions.ts'

export default {
  hostname: '127.0.0.1',
  port: process.env.PORT,
  fetch: withSession(async (request: Request, session) => {
    switch (new URL(request.url).pathname) {
      case '/visits':
        session.data.visits++
        return new Response(`visit ${session.data.visits}`)
      case '/login':
        await session.login('alice')
        return to('/account')
      case '/logout':
        await session.destroy()
        return to('/account')
      default:
        return new Response(session.owner ?? 'nobody')
    }
  }),
}

function to(path: string): Response {
  return new Response(null, { status: 303, headers: { Location: path } })
}
