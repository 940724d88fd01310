import { type FailureAnswer, failureAnswer } from '@leeway/core/http'

/**
 * Gives an error of sessions a message that is fit for a visitor, as Fastify sends an error's message to the visitor.
 * Others are left as they are.
 *
 * @returns how to answer, if the error is one of sessions
 */
export function forVisitors(error: unknown): FailureAnswer | undefined {
  const answer = failureAnswer(error)
  if (answer && error instanceof Error) {
    // Made when it is first asked for, the stack keeps the message as it was.
    void error.stack
    error.message = answer.message
  }
  return answer
}
