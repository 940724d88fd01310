import { failureAnswer } from '@leeway/core/http'
import type { FastifyReply } from 'fastify'
import { forVisitors } from '../for-visitors.ts'

/** What describes an answer that does not go out. */
const CONTENT = ['Content-Disposition', 'Content-Encoding', 'Content-Range', 'ETag', 'Last-Modified', 'Location']

/** Prepares an error of sessions for Fastify's error handling. Others are left as they are. */
export function refuse(error: unknown, reply: FastifyReply): void {
  const answer = forVisitors(error)
  // The status that the handler had set would count for more than that of the error.
  if (answer) reply.code(answer.status).header('Cache-Control', 'no-store')
}

/** Takes back what was said of an answer whose session could not be saved: a redirect must not be followed. */
export function withoutContent(reply: FastifyReply): void {
  for (const name of CONTENT) reply.removeHeader(name)
  reply.code(500)
}

/** The answer to an error after a hijack, when Fastify no longer answers. */
export function answerRaw(error: unknown, { raw, log }: FastifyReply): void {
  log.error({ err: error }, 'the session could not be saved')
  const answer = failureAnswer(error)
  raw.statusCode = answer?.status ?? 500
  raw.setHeader('Cache-Control', 'no-store')
  raw.end(answer?.message)
}
