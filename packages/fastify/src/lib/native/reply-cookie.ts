import { nodeHeaders, sendCookie } from '@leeway/core/http'
import type { FastifyReply } from 'fastify'

/**
 * Puts the session's cookie on a reply, once: an error in a later hook has the reply sent again.
 *
 * @returns the payload to go on with
 */
export function addCookie(reply: FastifyReply, setCookie: string, payload: unknown): unknown {
  const body = isResponse(payload) ? takeOver(reply, payload) : payload
  if ([reply.getHeader('Set-Cookie')].flat().includes(setCookie)) return body
  const headers = nodeHeaders({
    getHeader: (name) => reply.getHeader(name),
    // Fastify adds to cookies instead of replacing them, and lets a reply's headers hide those of Node's response.
    setHeader: (name, value) => reply.removeHeader(name).header(name, value),
  })
  sendCookie(headers, setCookie)
  return body
}

/** Told as Fastify does, which takes those of any library. */
export function isResponse(payload: unknown): payload is Response {
  return Object.prototype.toString.call(payload) === '[object Response]'
}

/** What Fastify does with a fetch response after the hooks: its headers would then replace those that protect the cookie. */
function takeOver(reply: FastifyReply, response: Response): unknown {
  reply.code(response.status)
  for (const [name, value] of response.headers) reply.header(name, value)
  return response.body
}
