import { constants } from 'node:fs'
import { dirname, join } from 'node:path'
import { DIRECTORY_MODE } from './disk.ts'
import { codeOf, storeFailed } from './failures.ts'
import { Layout, MARK } from './layout.ts'
import type { ResolvedOptions } from './options.ts'

/**
 * Makes the directories that are not there yet, and checks that those that are there are the store's.
 *
 * @throws `ERR_STORE_FAILED`
 */
export function openDirectory({ directory, namespace, durability, fs }: ResolvedOptions): Layout {
  const layout = new Layout(directory, namespace)
  const base = join(directory, namespace)
  try {
    for (const path of [directory, base]) make(path)
    const names = fs.readdirSync(base)
    if (!names.includes(MARK)) {
      const other = names.find((name) => name.startsWith('leeway-'))
      if (other !== undefined) throw new Error(`${base} is of another version of leeway (${other})`)
      // The mark is made first, so what has none is somebody else's.
      if (names.length > 0) throw new Error(`${base} has other files in it`)
      fs.closeSync(fs.openSync(layout.mark, constants.O_WRONLY | constants.O_CREAT, 0o600))
    }
    for (const path of [layout.sessions, layout.owners]) {
      make(path)
      // The dot refuses what is no directory.
      fs.accessSync(`${path}/.`, constants.W_OK | constants.X_OK)
    }
    if (durability === 'power-loss') for (const path of [base, directory, dirname(directory)]) settle(path)
    return layout
  } catch (error) {
    throw storeFailed(error, 'open')
  }

  function make(path: string): void {
    try {
      fs.mkdirSync(path, DIRECTORY_MODE)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
  }

  function settle(path: string): void {
    const file = fs.openSync(path, constants.O_RDONLY)
    try {
      fs.fsyncSync(file)
    } finally {
      fs.closeSync(file)
    }
  }
}
