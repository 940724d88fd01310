import type { Rule } from '../engine/rule.ts'

/** Rules as lines, one each. */
export function listText(selected: readonly Rule[]): string {
  const idWidth = Math.max(...selected.map(({ id }) => id.length))
  const tierWidth = Math.max(...selected.map(({ tier }) => tier.length))
  return selected
    .map(
      ({ id, level, tier, title }) => `${id.padEnd(idWidth)}  ${level.padEnd(6)}  ${tier.padEnd(tierWidth)}  ${title}`,
    )
    .join('\n')
}

/** Rules as JSON, for programs. */
export function listJson(selected: readonly Rule[]): string {
  const plain = selected.map(({ id, level, tier, title, why, needs }) => ({
    id,
    level,
    tier,
    title,
    why,
    ...(needs && { needs: needs.reason }),
  }))
  return JSON.stringify(plain, undefined, 2)
}
