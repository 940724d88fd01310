import { TIERS, type Tier } from '../engine/rule.ts'
import type { TierVerdict } from './report.ts'

/** The highest tier that is kept with all those below it; one of which no rule applies to the store is no obstacle. */
export function levelOf(tiers: readonly TierVerdict[]): Tier | undefined {
  const first = tiers.findIndex((verdict) => !isUnbroken(verdict))
  return tiers.slice(0, first < 0 ? tiers.length : first).findLast(({ isKept }) => isKept)?.tier
}

/** The tiers up to the required one that keep a store from having reached it. Those without any result are among them. */
export function missingFor(required: Tier, tiers: readonly TierVerdict[]): Tier[] {
  return TIERS.slice(0, TIERS.indexOf(required) + 1).filter((tier) => {
    const verdict = tiers.find((one) => one.tier === tier)
    return verdict === undefined || !isUnbroken(verdict)
  })
}

/** What was not run counts among the applicable rules, so a tier that is unbroken leaves no question open. */
function isUnbroken({ isKept, applicable }: TierVerdict): boolean {
  return isKept || applicable === 0
}
