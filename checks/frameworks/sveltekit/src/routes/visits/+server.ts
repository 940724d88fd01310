import type { RequestHandler } from '@sveltejs/kit'

export const GET: RequestHandler = ({ locals: { session } }) => {
  session.data.visits++
  return new Response(`visit ${session.data.visits}`)
}
