/** Something that an actor did: a call from its start to its end, or a single step, where both are the same. */
export interface Mark {
  /** Index in `lanes`. */
  readonly lane: number
  /** Slots of equal width, counted from 0: what has the smaller number came first. `to` is at least `from`. */
  readonly from: number
  readonly to: number
  readonly label: string
  /** What the call answered, where it has. */
  readonly answer?: string
  /** Where the promise was seen to be broken. */
  readonly isFault?: boolean
}

/** Who did what when: one lane an actor, time from left to right. Plain data, which each form of the report draws. */
export interface Drawing {
  readonly lanes: readonly string[]
  readonly marks: readonly Mark[]
}
