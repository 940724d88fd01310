import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'

/** What to replace in a file of a package's src/lib; each text is there exactly once. */
export type Edit = readonly [file: string, from: string, to: string]

/**
 * Copies a package's sources with the edits in them, within the package, where its dependencies are found, for as long as
 * the test runs.
 * @returns where they are
 */
export function copyWith(packageName: string, edits: readonly Edit[]): string {
  const home = fileURLToPath(new URL(`../packages/${packageName}/`, import.meta.url))
  const copy = mkdtempSync(join(home, '.mutant-'))
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }))
  cpSync(join(home, 'src'), copy, { recursive: true })
  for (const [file, from, to] of edits) {
    const path = join(copy, 'lib', file)
    const source = readFileSync(path, 'utf8')
    expect(source.split(from), `there is not one place in ${file} that says ${from}`).toHaveLength(2)
    writeFileSync(
      path,
      source.replace(from, () => to),
    )
  }
  return copy
}

/** What a check says that fails; nothing said is a fault that was not found. */
export async function saidBy(check: Promise<unknown>): Promise<string> {
  try {
    await check
    return ''
  } catch (error) {
    return (error as Error).message
  }
}
