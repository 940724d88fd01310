import { readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'

/** Everything below a directory, by its path from there, in order. */
export function tree(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()
}

/** Makes everything below a directory an hour old, as it would be if what left it had crashed then. */
export function age(directory: string): void {
  const anHourAgo = Date.now() / 1000 - 3600
  for (const path of [directory, ...tree(directory).map((path) => join(directory, path))]) {
    utimesSync(path, anHourAgo, anHourAgo)
  }
}
