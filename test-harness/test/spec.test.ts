import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { rules } from '../src/index.ts'
import { withdrawnRules } from '../src/rules/withdrawn.ts'

const spec = readFileSync(new URL('../../SPEC.md', import.meta.url), 'utf8')

describe('SPEC.md', () => {
  it.each(rules)('states $id once, with its level, title and reason', ({ id, level, title, why }) => {
    expect(spec.split(`**${id}** ${level}: ${title}.`)).toHaveLength(2)
    expect(spec).toContain(why)
  })

  it('states no rule that is not checked', () => {
    const stated = [...spec.matchAll(/^- \*\*([A-Z]+-\d{3})\*\* (?:MUST|SHOULD)/gm)].map(([, id]) => id)
    expect(stated).toEqual(rules.map(({ id }) => id))
    const named = new Set([...spec.matchAll(/\b[A-Z]+-\d{3}\b/g)].map(([id]) => id))
    expect(named).toEqual(new Set([...stated, ...Object.keys(withdrawnRules)]))
  })

  it.each(Object.entries(withdrawnRules))('states that %s is withdrawn, and why', (id, reason) => {
    expect(spec).toContain(`- **${id}** withdrawn: ${reason}.`)
  })
})

describe('rule ids', () => {
  it('are unique, as are titles', () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length)
    expect(new Set(rules.map(({ title }) => title)).size).toBe(rules.length)
  })

  it('are not those of a rule that was withdrawn', () => {
    expect(rules.map(({ id }) => id).filter((id) => id in withdrawnRules)).toEqual([])
  })

  it('count up from 001 without gaps within a concept', () => {
    const ids = [...rules.map(({ id }) => id), ...Object.keys(withdrawnRules)].sort()
    for (const [concept, group] of Map.groupBy(ids, (id) => id.split('-')[0])) {
      expect(group).toEqual(group.map((_, n) => `${concept}-${String(n + 1).padStart(3, '0')}`))
    }
  })
})
