import { describe, expect, it } from 'vitest'
import { formatReport, register, runConformance } from '../src/index.ts'
import subject from '../subjects/memory.subject.ts'

await register(subject, { describe, it })

describe('the memory store', () => {
  it('keeps every rule that applies to it', async () => {
    const report = await runConformance(subject)
    console.log(formatReport(report))
    expect(report.results.filter(({ status }) => status === 'fail' || status === 'error')).toEqual([])
    expect(report.ok).toBe(true)
  })
})
