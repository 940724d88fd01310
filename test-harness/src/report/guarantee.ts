/** A reason for which a guarantee is lost: some rules, and what it means that one of them was broken. */
export interface Cause {
  /** Ids, or a concept such as `ORDER` for all of its rules. */
  readonly rules: readonly string[]
  /** What it means for the users of the application: the beginning of a sentence. Default: that of the guarantee. */
  readonly loss?: string
  /** Completes the sentence: "..., because". */
  readonly because: string
}

/** What the users of an application rely on, and the rules on which it rests. */
export interface Guarantee {
  readonly id: string
  readonly name: string
  readonly promise: string
  readonly loss: string
  readonly causes: readonly Cause[]
  /** Without these the others show nothing: as long as one of them was not run, nor is the guarantee shown. */
  readonly shownBy?: readonly string[]
  /** Where one of these was broken, it is not known whether the guarantee is kept. */
  readonly clouds?: readonly string[]
}
