/** Holds everybody who arrives until it is released, and counts them. */
export class Barrier {
  held = 0
  readonly #expected: number
  readonly #full: Promise<void>
  readonly #gate: Promise<void>
  #reached = (): void => {}
  #open = (): void => {}

  constructor(expected: number) {
    this.#expected = expected
    this.#full = new Promise((resolve) => {
      this.#reached = resolve
    })
    this.#gate = new Promise((resolve) => {
      this.#open = resolve
    })
  }

  /** Resolves once released. */
  arrive(): Promise<void> {
    this.held++
    if (this.held === this.#expected) this.#reached()
    return this.#gate
  }

  /** Resolves once everybody who is expected is held. */
  get full(): Promise<void> {
    return this.#full
  }

  release(): void {
    this.#open()
  }
}
