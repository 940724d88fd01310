import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Report } from '../report/report.ts'
import { toBadge } from '../report/to-badge.ts'
import { toHtml } from '../report/to-html.ts'
import { toJson } from '../report/to-json.ts'
import { toJUnit } from '../report/to-junit.ts'

/** The forms of the report that go into files. */
export const REPORT_KINDS = { json: toJson, junit: toJUnit, html: toHtml, badge: toBadge } as const

export interface ReportFile {
  readonly kind: keyof typeof REPORT_KINDS
  readonly file: string
}

/** Writes the whole report or nothing: under another name first, so that nobody reads half of it. */
export async function writeReport({ kind, file }: ReportFile, report: Report): Promise<void> {
  const path = resolve(file)
  const unfinished = `${path}.${randomBytes(4).toString('hex')}.tmp`
  await mkdir(dirname(path), { recursive: true })
  try {
    await writeFile(unfinished, REPORT_KINDS[kind](report))
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}
