import type { Rule } from '../engine/rule.ts'
import { rules } from '../rules/index.ts'
import { withdrawnRules } from '../rules/withdrawn.ts'
import { mistake } from './mistake.ts'

export interface RuleFilters {
  /** Ids, or the beginnings of ids with a `-` or a `*` at the end. None: all. */
  readonly rule?: readonly string[]
  /** Part of what a rule says, in any case. */
  readonly grep?: string
}

/**
 * The rules that pass all filters, in the order in which they run.
 *
 * @throws `ERR_INVALID_OPTION` for what selects nothing
 */
export function selectRules({ rule: wanted, grep }: RuleFilters): readonly Rule[] {
  const ids = new Set((wanted?.flatMap(matching) ?? rules).map(({ id }) => id))
  const named = rules.filter(({ id }) => ids.has(id))
  if (grep === undefined) return named
  const text = grep.toLowerCase()
  const found = named.filter(({ id, title, why }) => `${id} ${title}\n${why}`.toLowerCase().includes(text))
  if (found.length === 0) throw mistake(`no rule has the text ${JSON.stringify(grep)}; \`list\` shows all of them`)
  return found
}

/** @throws `ERR_INVALID_OPTION` for an id that is no rule's */
export function ruleOf(id: string): Rule {
  const withdrawn = withdrawnRules[id]
  if (withdrawn) throw mistake(`the rule ${id} was withdrawn: ${withdrawn}`)
  const rule = rules.find((one) => one.id === id)
  if (rule === undefined) throw mistake(`there is no rule ${id}; ${hintFor(id)}`)
  return rule
}

function matching(pattern: string): readonly Rule[] {
  if (!/[-*]$/.test(pattern)) return [ruleOf(pattern)]
  const start = pattern.replace(/\*$/, '')
  const found = rules.filter(({ id }) => id.startsWith(start))
  if (found.length === 0) throw mistake(`no rule begins with ${start}; ${hintFor(start)}`)
  return found
}

function hintFor(id: string): string {
  const concept = id.split('-')[0]?.toUpperCase() ?? ''
  const near = rules.filter((rule) => rule.id.startsWith(`${concept}-`)).map((rule) => rule.id)
  if (near.includes(id.toUpperCase())) return `did you mean ${id.toUpperCase()}?`
  return near.length > 0 ? `there are ${near[0]} to ${near.at(-1)}` : '`list` shows all of them'
}
