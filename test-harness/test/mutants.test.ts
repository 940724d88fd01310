import { afterAll, describe, expect, it } from 'vitest'
import { mutants } from '../mutants/index.ts'
import { rules, runConformance } from '../src/index.ts'

const caught: string[] = []
afterAll(() => console.log(`${caught.sort().join('\n')}\n${caught.length} of ${mutants.length} mutants caught`))

describe('mutants', () => {
  it.each(mutants)('$rule catches: $name', async ({ name, rule, message, subject }) => {
    const { ok, results } = await runConformance(subject, { rules: [rule], deadlineMs: 1_000 })
    const result = results.find(({ id }) => id === rule)
    expect(result?.status).toBe('fail')
    expect(result?.failure?.message).toContain(message)
    expect(ok).toBe(result?.level === 'SHOULD')
    caught.push(`${rule}  ${name}`)
  })

  it('have names of their own', () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  })

  it('leave no rule that has never been seen to fail', () => {
    const named = new Set(mutants.map(({ rule }) => rule))
    expect(rules.map(({ id }) => id).filter((id) => !named.has(id))).toEqual([])
  })
})
