import { describe, expect, it } from 'vitest'
import { toJUnit } from '../src/index.ts'
import { brokenReport, hostileReport, keptReport, unopenedReport } from './fixtures/sample-reports.ts'

describe('the JUnit report', () => {
  it('has a test case for every rule and a suite for every concept, with their numbers', async () => {
    const report = await keptReport()
    const xml = toJUnit(report)
    const skipped = report.results.filter(({ status }) => status === 'not-applicable').length
    const numbers = `tests="${report.results.length}" failures="0" errors="0" skipped="${skipped}"`
    expect(xml).toContain(`<testsuites name="memory" ${numbers} time="`)
    expect(xml.match(/<testcase /g)).toHaveLength(report.results.length)
    expect(xml.match(/<skipped message="not applicable: /g)).toHaveLength(skipped)
    expect(xml.match(/<testsuite name="ORDER" tests="10" failures="0" errors="0" skipped="0" /g)).toHaveLength(1)
  })

  it('tells a broken promise as a failure, with all that the text tells', async () => {
    const xml = toJUnit(await brokenReport())
    expect(xml).toMatch(/<failure type="MUST" message="[^"]+">FAIL ORDER-009 \(MUST\)/)
    expect(xml).toContain('replay ORDER-009')
  })

  it('tells a failure of the backend as an error, and what was waived or not run as skipped', async () => {
    const xml = toJUnit(await unopenedReport())
    expect(xml).toContain('<error type="MUST" message="open: Error: no such server">')
    expect(xml).toContain('<skipped message="waived: for a reason"/>')
    expect(xml).toContain('<skipped message="not run: not selected"/>')
  })

  it('has nothing in it that XML cannot hold or would take for markup', async () => {
    const xml = toJUnit(await hostileReport())
    expect(xml).toContain(
      '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39; ]]&gt; \\x00\\x1b[31m\\ufffe\\ud800 \u{1f512}&#10;second',
    )
    expect(xml.isWellFormed()).toBe(true)
    expect([...xml].filter((c) => c < ' ' && !'\n\t'.includes(c))).toEqual([])
  })
})
