import { inspect } from 'node:util'
import type { Drawing } from '../report/drawing.ts'

/** What a failure tells beside its message. */
export interface FailureDetails {
  readonly expected?: unknown
  readonly actual?: unknown
  /** The schedule, script or crash that failed, in the rule's own words: with the rule's id before it, it is replayed. */
  readonly case?: string | undefined
  readonly drawing?: Drawing | undefined
  /** Where to look in the store's code, where the rule knows it better than the calls do. */
  readonly at?: readonly string[] | undefined
}

/** A promise that the store did not keep. Anything else that a check throws is an error of the kit or of the backend. */
export class ConformanceFailure extends Error {
  override readonly name = 'ConformanceFailure'
  readonly expected: string | undefined
  readonly actual: string | undefined
  case: string | undefined
  drawing: Drawing | undefined
  readonly at: readonly string[] | undefined

  constructor(message: string, values: FailureDetails = {}) {
    super(message)
    this.case = values.case
    this.drawing = values.drawing
    this.at = values.at
    this.expected = 'expected' in values ? show(values.expected) : undefined
    this.actual = 'actual' in values ? show(values.actual) : undefined
  }

  /** The same failure, told in which case it happened, where that is not known yet. */
  locate({ case: id, drawing }: Pick<FailureDetails, 'case' | 'drawing'>): this {
    this.case ??= id
    this.drawing ??= drawing
    return this
  }
}

/** A value in one line, short enough for a report: payloads can have a megabyte. */
export function show(value: unknown): string {
  const maxStringLength = typeof value === 'string' ? 300 : 100
  return inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY, maxStringLength, maxArrayLength: 12 })
}
