import { describe, expect, it } from 'vitest'
import { formatReport, register, runConformance } from '../src/index.ts'
import expiring from '../subjects/expiring.subject.ts'
import memory from '../subjects/memory.subject.ts'
import stepped from '../subjects/stepped.subject.ts'

await register(memory, { describe, it })
await register(stepped, { describe, it })
await register(expiring, { describe, it })

describe.each([memory, stepped, expiring])('the report on $name', (subject) => {
  it('has every rule passed or not applicable', async () => {
    const report = await runConformance(subject)
    console.log(formatReport(report))
    const others = report.results.filter(({ status }) => status !== 'pass' && status !== 'not-applicable')
    expect(others).toEqual([])
    expect(report.ok).toBe(true)
    expect(report.tiers.find(({ tier }) => tier === 'core')?.isKept).toBe(true)
  })
})

describe('the ten orders of 2005', () => {
  it('are run for all 15 placements of expiry and purge time each', async () => {
    const rules = Array.from({ length: 10 }, (_, n) => `ORDER-${String(n + 1).padStart(3, '0')}`)
    const { results } = await runConformance(memory, { rules })
    for (const { counts } of results.filter(({ id }) => rules.includes(id))) expect(counts?.placements).toBe(15)
  })
})
