import type { Report } from './report.ts'

/** The report as JSON. `@leeway/conformance/report.schema.json` describes it. */
export function toJson(report: Report): string {
  return `${JSON.stringify(report, undefined, 2)}\n`
}
