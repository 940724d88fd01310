/** What the example keeps about a visitor. */
export interface Visitor {
  visits: number
  /** What they have noted, once they have. */
  memo?: string
}
