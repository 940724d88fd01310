import type { StoreCapabilities } from '@leeway/core/adapter'
import type { RuleContext } from './context.ts'
import type { Patience } from './patience.ts'
import type { Subject } from './subject.ts'

/** As in RFC 2119. A store that breaks a MUST does not keep the contract; one that breaks a SHOULD surprises its users. */
export type Level = 'MUST' | 'SHOULD'

export const TIERS = ['core', 'concurrent', 'durable', 'crash-safe'] as const
/** What a rule takes to check: one caller, several at once, a reopened store, a crash. */
export type Tier = (typeof TIERS)[number]

/** What the kit knows of a store before it runs a rule. */
export interface Facts {
  readonly subject: Subject
  readonly capabilities: StoreCapabilities
  readonly patience: Patience
}

/** A condition for a rule to apply. */
export interface Need {
  /** Why the rule does not apply where the condition is not met. */
  readonly reason: string
  /** What becomes of the rule then: it says nothing about the store, or was left out though it does. */
  readonly otherwise?: 'not-run'
  /** Of several conditions, the first that is not met says what becomes of the rule. */
  readonly parts?: readonly Need[]
  isMet(facts: Facts): boolean
}

/** One promise of the contract, and how it is checked. Rules are data; SPEC.md lists them. */
export interface Rule {
  /** Stable, and never given to another rule. */
  readonly id: string
  readonly level: Level
  readonly tier: Tier
  readonly title: string
  /** What goes wrong without it, with the incident it comes from where there is one. */
  readonly why: string
  readonly needs?: Need
  /** It has more cases than it runs at once, and goes on for its share of `--soak`. */
  readonly soaks?: true
  check(context: RuleContext): Promise<void>
}
