/** Lets so much work run at once; the rest waits in turn. */
export class Permits {
  #free: number
  readonly #all: number
  readonly #waiting: (() => void)[] = []
  readonly #idle: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
    this.#all = count
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  giveBack(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else if (++this.#free === this.#all) for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** Resolves once nobody has one. */
  async idle(): Promise<void> {
    if (this.#free < this.#all) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }
}
