import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['redis-server', 'valkey-server']

/** The servers on this machine: the one that `LEEWAY_REDIS_SERVER` names, or else all that are on the `PATH`. */
export function serverBinaries(): string[] {
  const named = process.env.LEEWAY_REDIS_SERVER
  if (named) return [named]
  const folders = (process.env.PATH ?? '').split(delimiter)
  return NAMES.map((name) => folders.map((folder) => join(folder, name)).find(isExecutable)).filter(
    (path) => path !== undefined,
  )
}

/** @throws where there is none; `npm test` installs one */
export function serverBinary(): string {
  const [binary] = serverBinaries()
  if (binary !== undefined) return binary
  throw new Error('neither redis-server nor valkey-server is on the PATH; `apt-get install redis-server`, for one')
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
