import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { rules } from '../src/index.ts'

const spec = readFileSync(new URL('../../SPEC.md', import.meta.url), 'utf8')

describe('SPEC.md', () => {
  it.each(rules)('states $id once, with its level, title and reason', ({ id, level, title, why }) => {
    expect(spec.split(`**${id}** ${level}: ${title}.`)).toHaveLength(2)
    expect(spec).toContain(why)
  })

  it('states no rule that is not checked', () => {
    const stated = [...spec.matchAll(/\b[A-Z]+-\d{3}\b/g)].map(([id]) => id)
    expect(stated).toEqual(rules.map(({ id }) => id))
  })
})

describe('rule ids', () => {
  it('are unique, as are titles', () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length)
    expect(new Set(rules.map(({ title }) => title)).size).toBe(rules.length)
  })

  it('count up from 001 without gaps within a concept', () => {
    const byConcept = Map.groupBy(rules, ({ id }) => id.split('-')[0])
    for (const [concept, group] of byConcept) {
      const expected = group.map((_, n) => `${concept}-${String(n + 1).padStart(3, '0')}`)
      expect(group.map(({ id }) => id)).toEqual(expected)
    }
  })
})
