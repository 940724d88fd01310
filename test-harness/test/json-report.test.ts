import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { toJson } from '../src/index.ts'
import { brokenReport, hostileReport, keptReport, unopenedReport } from './fixtures/sample-reports.ts'

interface Schema {
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly $defs?: Readonly<Record<string, Schema>>
}

const schema: Schema = JSON.parse(readFileSync(new URL('../report.schema.json', import.meta.url), 'utf8'))
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema)
const reports = await Promise.all([keptReport(), brokenReport(), hostileReport(), unopenedReport()])
const written = reports.map((report) => JSON.parse(toJson(report)))

describe('report.schema.json', () => {
  it.each(written)('accepts the report on $subject', (report) => {
    validate(report)
    expect(validate.errors).toBeNull()
  })

  it('describes nothing that no report has', () => {
    const seen = new Set(written.flatMap((report) => propertiesIn(report, schema, 'report')))
    const described = Object.entries({ report: schema, ...schema.$defs }).flatMap(([name, { properties = {} }]) =>
      Object.keys(properties).map((property) => `${name}.${property}`),
    )
    expect(described.length).toBeGreaterThan(40)
    expect(described.filter((property) => !seen.has(property))).toEqual([])
  })

  it.each([
    ['a property that is not described', { color: 'red' }],
    ['a status that there is not', { results: [{ ...written[0].results[0], status: 'skipped' }] }],
    ['a seed that is no number', { seed: '7' }],
    ['a result without a title', { results: [{ ...written[0].results[0], title: undefined }] }],
  ])('refuses %s', (_, change) => {
    expect(validate(JSON.parse(JSON.stringify({ ...written[0], ...change })))).toBe(false)
  })
})

describe('toJson', () => {
  it('gives back the report unchanged', () => {
    expect(written).toEqual(reports)
  })
})

/** Which of the described properties a value has, by the name of what describes them. */
function propertiesIn(value: unknown, { $ref, properties, items }: Schema, name: string): string[] {
  if ($ref !== undefined) {
    const target = $ref.slice('#/$defs/'.length)
    return propertiesIn(value, schema.$defs?.[target] ?? {}, target)
  }
  if (Array.isArray(value)) return items ? value.flatMap((item) => propertiesIn(item, items, name)) : []
  if (typeof value !== 'object' || value === null || properties === undefined) return []
  return Object.entries(value).flatMap(([property, child]) => [
    `${name}.${property}`,
    ...propertiesIn(child, properties[property] ?? {}, name),
  ])
}
