import type { SessionStore } from '@leeway/core/adapter'
import type { RuleContext } from '../engine/context.ts'
import { answerOf, describeError } from '../engine/expect.ts'
import { ConformanceFailure, type FailureDetails } from '../engine/failure.ts'
import type { Drawing, Mark } from '../report/drawing.ts'
import { type Operation, perform } from './operations.ts'

/** More backend calls than any operation needs once it is left alone. */
const MOST_CALLS = 500

/** What is interrupted. */
export interface Interruptible {
  readonly kind: string
  run(handle: SessionStore): Promise<string>
}

/** What came of an operation before whose backend calls others came in between. */
export interface Interrupted {
  readonly answer: string
  /** What the others were answered: those that came in between, in their order. */
  readonly others: readonly string[]
  readonly drawing: Drawing
}

/**
 * Runs an operation; before each of its backend calls one of the others is run to its end, until there are no more of
 * them. A store that takes locks makes one of them wait: then the operation is left alone from there on.
 *
 * @throws a failure where one of the calls rejects, or the operation goes on without end once it is left alone
 */
export async function runInterrupted(
  ctx: RuleContext,
  namespace: string,
  operation: Interruptible,
  others: readonly Operation[],
  details: FailureDetails,
): Promise<Interrupted> {
  const other = await ctx.open({ namespace })
  const answers: string[] = []
  const marks: Mark[] = []
  const mark = (lane: number, label: string, answer?: string) =>
    marks.push({ lane, from: marks.length, to: marks.length, label, ...(answer !== undefined && { answer }) })
  let [isInterrupted, callsAlone] = [false, 0]
  let turns = Promise.resolve()
  let waiting: Promise<unknown> | undefined
  const endless = Promise.withResolvers<never>()

  async function comeBetween(): Promise<void> {
    const next = others[answers.length]
    if (!isInterrupted || !next || waiting) return
    const running = answerOf(perform(other, next), `${next.kind} between two calls of ${operation.kind}`).then(
      (answer) => {
        answers.push(answer)
        mark(1, next.kind, answer)
      },
    )
    if (await isOverWithin(ctx.patience.ms, running)) return
    ctx.patience.found()
    waiting = running
  }

  const handle = await ctx.open({
    namespace,
    async step(name) {
      turns = turns.then(comeBetween)
      await turns.catch(endless.reject)
      mark(0, name)
      const isAlone = answers.length === others.length || waiting !== undefined
      if (!isAlone || ++callsAlone < MOST_CALLS) return
      const message = `${operation.kind}: it goes on and on, although nobody comes in between any more`
      endless.reject(new ConformanceFailure(message))
      // Held for good: it would never let the event loop go on.
      await new Promise(() => {})
    },
  })
  isInterrupted = true
  try {
    const answer = await Promise.race([operation.run(handle), endless.promise])
    isInterrupted = false
    mark(0, 'answer', answer)
    await turns
    await waiting
    const drawing = { lanes: [operation.kind, 'others'], marks }
    await Promise.all([handle.close(), other.close()])
    if (answers.length > 0) ctx.count('interruptions', answers.length)
    return { answer, others: answers, drawing }
  } catch (error) {
    const drawing = { lanes: [operation.kind, 'others'], marks }
    if (error instanceof ConformanceFailure) throw error.locate({ ...details, drawing })
    const told = { ...details, drawing, actual: describeError(error) }
    throw new ConformanceFailure(`${operation.kind}: the call rejected, with others in between`, told)
  }
}

async function isOverWithin(ms: number, running: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(resolve, ms, false)
  try {
    return await Promise.race([running.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
