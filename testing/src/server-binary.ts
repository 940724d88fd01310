import { findOnPath } from './find-on-path.ts'

const NAMES = ['redis-server', 'valkey-server']

/**
 * The servers on this machine: the one that `LEEWAY_REDIS_SERVER` names, or else all that are on the `PATH`.
 *
 * @throws where there is none, so that tests which run on each of them do not pass on none
 */
export function serverBinaries(): string[] {
  const named = process.env.LEEWAY_REDIS_SERVER
  const found = named ? [named] : NAMES.map(findOnPath).filter((path) => path !== undefined)
  if (found.length > 0) return found
  throw new Error(
    'neither redis-server nor valkey-server is on the PATH: `npm test` installs one, as does `apt-get install redis-server`',
  )
}

/** The one that is started unless a test asks for another. */
export function serverBinary(): string {
  return serverBinaries()[0] as string
}
