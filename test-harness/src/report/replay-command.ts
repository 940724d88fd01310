import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Report, RuleResult } from './report.ts'

/**
 * A module's file as one would type it in this directory; undefined for a module that is no file of its own.
 *
 * @param module a `file:` URL or a path
 */
export function subjectFile(module: string | undefined): string | undefined {
  if (module === undefined) return undefined
  try {
    const path = module.startsWith('file:') ? fileURLToPath(module) : module
    const shown = relative(process.cwd(), path).split(sep).join('/')
    return shown.startsWith('../') || shown === '' ? path : `./${shown}`
  } catch {
    return undefined
  }
}

/** The command line that runs a rule again, and of it the one case that failed, ready to be pasted. */
export function replayCommand({ file, seed }: Pick<Report, 'file' | 'seed'>, { id, failure }: RuleResult): string {
  const subject = file === undefined ? '<subject>' : quoted(file)
  return `npx @leeway/conformance replay ${quoted(failure?.replay ?? id)} ${subject} --seed ${seed}`
}

/** For a POSIX shell; what needs no quotes gets none. */
export function quoted(argument: string): string {
  return /^[\w./:@%+,=-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`
}
