/** What the example keeps about a visitor. */
export interface Visitor {
  visits: number
}
