import { inspect } from 'node:util'

/** A promise that the store did not keep. Anything else that a check throws is an error of the kit or of the backend. */
export class ConformanceFailure extends Error {
  override readonly name = 'ConformanceFailure'
  readonly expected: string | undefined
  readonly actual: string | undefined

  constructor(message: string, values: { expected?: unknown; actual?: unknown } = {}) {
    super(message)
    this.expected = 'expected' in values ? show(values.expected) : undefined
    this.actual = 'actual' in values ? show(values.actual) : undefined
  }
}

/** A value in one line, short enough for a report: payloads can have a megabyte. */
export function show(value: unknown): string {
  const maxStringLength = typeof value === 'string' ? 300 : 60
  return inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY, maxStringLength, maxArrayLength: 12 })
}
