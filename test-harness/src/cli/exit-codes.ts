import type { Tier } from '../engine/rule.ts'
import { missingFor } from '../report/levels.ts'
import type { Report } from '../report/report.ts'
import { isBroken } from '../report/words.ts'

/** What the process ends with. */
export const EXIT = { kept: 0, broken: 1, noVerdict: 2, interrupted: 130 } as const

/** A broken promise is told before anything else; without one, an error or nothing run is no verdict. */
export function exitCodeOf(report: Report, required: Tier | undefined): number {
  if (report.results.some(isBroken)) return EXIT.broken
  if (!report.ok) return EXIT.noVerdict
  return required !== undefined && missingFor(required, report.tiers).length > 0 ? EXIT.broken : EXIT.kept
}
