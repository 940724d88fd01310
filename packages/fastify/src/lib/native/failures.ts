import { failureAnswer } from '@leeway/core/http'
import type { FastifyReply } from 'fastify'

/** What describes an answer that does not go out. */
const CONTENT = ['Content-Disposition', 'Content-Encoding', 'Content-Range', 'ETag', 'Last-Modified', 'Location']

/**
 * Prepares an error of sessions for Fastify's error handling, which sends an error's message to the visitor and takes its
 * status from it, or from the reply. Others are left as they are.
 */
export function refuse(error: unknown, reply: FastifyReply): void {
  const answer = failureAnswer(error)
  if (!answer || !(error instanceof Error)) return
  // The stack keeps the message as it was.
  void error.stack
  Object.assign(error, { statusCode: answer.status, message: answer.message })
  reply.code(answer.status).header('Cache-Control', 'no-store')
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
