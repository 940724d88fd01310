import type { Rule } from '../engine/rule.ts'
import { guaranteesOfRule } from '../report/guarantees.ts'

/** All that the kit knows of a rule. */
export function explainText(rule: Rule): string {
  const { id, level, tier, title, why, needs } = rule
  const left = needs?.otherwise === 'not-run' ? 'Not run where' : 'Does not apply where'
  return [
    `${id}: ${title}.`,
    '',
    `Level:    ${level}: ${levels[level]}`,
    `Tier:     ${tier}: ${tiers[tier]}`,
    `Why:      ${why}`,
    `Needs:    ${needs === undefined ? 'nothing; it applies to every store.' : `${left}: ${needs.reason}.`}`,
    ...guaranteesOfRule(id).map(
      ({ name, promise }, n) => `${n === 0 ? 'Carries:' : '        '}  "${name}". ${promise}`,
    ),
    `Replay:   npx @leeway/conformance replay ${id} <subject>`,
    `          A failure that names a case is replayed with it: ${id}:<case>`,
  ].join('\n')
}

const levels = {
  MUST: 'a store that breaks it does not keep the contract.',
  SHOULD: 'a store that breaks it surprises its users.',
} as const

const tiers = {
  core: 'one caller.',
  concurrent: 'several callers at once.',
  durable: 'a store that is opened again.',
  'crash-safe': 'a process that dies in the middle.',
} as const
