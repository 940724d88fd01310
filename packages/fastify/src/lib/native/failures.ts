import { ANSWER_HEADERS, failureAnswer } from '@leeway/core/http'
import type { FastifyReply } from 'fastify'
import { forVisitors } from '../for-visitors.ts'
import { isResponse } from './reply-cookie.ts'

/** Prepares an error of sessions for Fastify's error handling. Others are left as they are. */
export function refuse(error: unknown, reply: FastifyReply): void {
  const answer = forVisitors(error)
  // The status that the handler had set would count for more than that of the error.
  if (answer) reply.code(answer.status).header('Cache-Control', 'no-store')
}

/** Takes back an answer whose session could not be saved: a redirect must not be followed, and a file must not stay open. */
export function takeBack(reply: FastifyReply, payload: unknown): void {
  for (const name of ANSWER_HEADERS) reply.removeHeader(name)
  reply.code(500)
  const source = isResponse(payload) ? payload.body : payload
  if (source instanceof ReadableStream) void source.cancel().catch(() => {})
  else if (
    typeof source === 'object' &&
    source !== null &&
    'destroy' in source &&
    typeof source.destroy === 'function'
  ) {
    source.destroy()
  }
}

/** The answer to an error after a hijack, when Fastify no longer answers. */
export function answerRaw(error: unknown, { raw, log }: FastifyReply): void {
  log.error({ err: error }, 'the session could not be saved')
  const answer = failureAnswer(error)
  raw.statusCode = answer?.status ?? 500
  raw.setHeader('Cache-Control', 'no-store')
  raw.end(answer?.message)
}
