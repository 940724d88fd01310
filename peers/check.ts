import type { Peer } from './peer.ts'
import type { Trial } from './trial.ts'

/** A promise of the contract in the terms of express-session's API, for what the kit's own rules cannot ask of it. */
export interface Check {
  /** Names it on the command line. */
  readonly name: string
  /** The kit's rules that ask the same of leeway's stores. */
  readonly rules: readonly string[]
  readonly title: string
  /** Why it asks nothing of this peer. */
  notOf?(peer: Peer): string | undefined
  check(trial: Trial): Promise<void>
}
