import type { RequestHandler } from '@sveltejs/kit'

export const GET: RequestHandler = ({ locals }) => new Response(locals.session.owner ?? 'nobody')
