import { AsyncLocalStorage } from 'node:async_hooks'
import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import v8 from 'node:v8'

/** Is told where a store is in its own code. */
type Reached = (site: string) => void

/** This kit's own code, as its sources and as one package. */
const KIT = fileURLToPath(new URL('..', import.meta.url))

const current = new AsyncLocalStorage<Reached>()

/** Runs a call so that {@link watchCallSites} knows whose promises are made. */
export function runWatched<T>(reached: Reached, work: () => T): T {
  return current.run(reached, work)
}

/**
 * Tells every call that is run by {@link runWatched} where it stands. An asynchronous function makes a promise when it
 * begins and whenever it awaits, and a promise's stack shows the line: so a store's lines are known without its help.
 * It makes everything slower, so only the second run of what has failed is watched.
 *
 * @returns ends it
 */
export function watchCallSites(): () => void {
  // A runtime without these hooks reports its failures without lines.
  const stop = v8.promiseHooks?.onInit(() => {
    const reached = current.getStore()
    const site = reached && siteOf(stackHere())
    if (site !== undefined) reached?.(site)
  })
  return () => void stop?.()
}

/**
 * The store's own part of a stack, innermost first: what stands between the kit's calls into the store and the store's
 * into the kit, without installed packages where anything else is left. Undefined if nothing is.
 */
export function siteOf(stack = ''): string | undefined {
  const frames = stack.split('\n').flatMap(frameOf)
  const inside: Frame[] = []
  for (const frame of frames) {
    if (!frame.isKit) inside.push(frame)
    else if (inside.length > 0) break
  }
  const own = inside.filter(({ file }) => !file.includes(`${sep}node_modules${sep}`))
  return inside.length === 0 ? undefined : (own.length > 0 ? own : inside).map(({ text }) => text).join(' ← ')
}

interface Frame {
  readonly file: string
  readonly isKit: boolean
  readonly text: string
}

function frameOf(line: string): Frame[] {
  const [, name, place = '', at] = /^\s*at (?:async )?(?:(.*?) \()?(.*?):(\d+):\d+\)?$/.exec(line) ?? []
  const file = place.startsWith('file:') ? fileURLToPath(place) : place
  if (!file.includes(sep) || file.startsWith('node:')) return []
  const shown = relative(process.cwd(), file)
  const where = `${shown.startsWith('..') ? file : shown}:${at}`
  const text =
    name === undefined
      ? where
      : `${name
          .replace(/ \[as .*\]$/, '')
          .split('.')
          .at(-1)} (${where})`
  return [{ file, isKit: file.startsWith(KIT), text }]
}

/** The stack of the caller, long enough to reach through libraries. */
export function stackHere(): string {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 50
  const { stack = '' } = new Error('here')
  Error.stackTraceLimit = stackTraceLimit
  return stack
}
