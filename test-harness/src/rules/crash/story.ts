import { ConformanceFailure } from '../../engine/failure.ts'
import type { Drawing, Mark } from '../../report/drawing.ts'

const LANES = ['process that dies', 'who comes after']
/** The lane of the process that dies, and that of all others. */
export const DYING = 0
const OTHERS = 1

/** What a process did until it died, and what was done then: told in a failure's message, and drawn. */
export class CrashStory {
  readonly #case: string
  readonly #where: string
  readonly #marks: Mark[] = []
  #last = ''
  #lastSign = Number.NEGATIVE_INFINITY

  /**
   * @param name the case, as it is replayed
   * @param where when the process died, in words
   */
  constructor(name: string, where: string) {
    this.#case = name
    this.#where = where
  }

  /** What became of the process that dies. */
  died(label: string): void {
    this.#mark(DYING, label, undefined)
  }

  /** Does something, as a rule after the death; a failure tells the whole story. */
  async next<T>(label: string, work: () => Promise<T>, lane = OTHERS): Promise<T> {
    this.#last = label
    try {
      const answer = await work()
      this.#lastSign = performance.now()
      this.#mark(lane, label, typeof answer === 'string' ? answer : undefined)
      return answer
    } catch (error) {
      throw error instanceof ConformanceFailure ? this.#failure(error.message, error) : error
    }
  }

  /** The failure of what was done last, as it was never answered. */
  silence(ms: number): ConformanceFailure {
    return this.#failure(`no answer for ${ms} ms: it waits for one who is dead`)
  }

  /** When something was last done, in milliseconds of `performance.now()`. */
  get lastSign(): number {
    return this.#lastSign
  }

  get drawing(): Drawing {
    return { lanes: LANES, marks: this.#marks }
  }

  #failure(message: string, { expected, actual }: Pick<Partial<ConformanceFailure>, 'expected' | 'actual'> = {}) {
    const fault: Mark = { ...this.#slot(OTHERS), label: this.#last, isFault: true }
    const drawing = { lanes: LANES, marks: [...this.#marks, fault] }
    const failure = new ConformanceFailure(`SIGKILL ${this.#where}, then ${this.#last}: ${message}`, {
      case: this.#case,
      drawing,
    })
    return Object.assign(failure, { expected, actual })
  }

  #mark(lane: number, label: string, answer: string | undefined): void {
    this.#marks.push({ ...this.#slot(lane), label, ...(answer !== undefined && { answer }) })
  }

  #slot(lane: number): Pick<Mark, 'lane' | 'from' | 'to'> {
    return { lane, from: this.#marks.length, to: this.#marks.length }
  }
}
