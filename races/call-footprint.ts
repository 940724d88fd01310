import { constants } from 'node:fs'
import { dirname } from 'node:path'

/** Which names a call of the file system looks at, and which it changes. */
export interface Footprint {
  readonly reads: readonly string[]
  readonly writes: readonly string[]
  /** Directories of which it matters what is in them. */
  readonly lists: readonly string[]
}

export function footprintOf(call: string, given: readonly unknown[]): Footprint {
  const [path = '', to = ''] = given.filter((one) => typeof one === 'string')
  switch (call) {
    case 'open':
      return Number(given[1]) & constants.O_CREAT ? footprint({ writes: [path] }) : footprint({ reads: [path] })
    case 'access':
      return footprint({ reads: [path] })
    case 'readdir':
    case 'stat':
      return footprint({ lists: [path] })
    case 'mkdir':
    case 'unlink':
      return footprint({ writes: [path] })
    case 'rmdir':
      return footprint({ writes: [path], lists: [path] })
    case 'rename':
      return footprint({ writes: [path, to] })
  }
  throw new Error(`what ${call} touches is not known`)
}

/** Whether the two calls do the same, and leave the same, whichever comes first. */
export function commute(a: Footprint, b: Footprint): boolean {
  return !concerns(a, b) && !concerns(b, a)
}

/** Whether what one writes concerns the other. */
function concerns({ writes }: Footprint, { reads, writes: alsoWrites, lists }: Footprint): boolean {
  return writes.some(
    (written) =>
      [...reads, ...alsoWrites].some((path) => isWithin(path, written) || isWithin(written, path)) ||
      lists.some((listed) => isWithin(listed, written) || dirname(written) === listed),
  )
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`)
}

function footprint(of: Partial<Footprint>): Footprint {
  return { reads: [], writes: [], lists: [], ...of }
}
