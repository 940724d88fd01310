import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { freePort } from '../testing/src/free-port.ts'
import { spawnGuarded } from '../testing/src/guarded-process.ts'
import { until } from '../testing/src/until.ts'

export interface PostgresServer {
  readonly url: string
  readonly version: string
  stop(): Promise<void>
}

/** Starts a server of its own on a free loopback port, in a temporary directory. @throws where there is none to start */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = findBinaries()
  const directory = mkdtempSync(join(tmpdir(), 'leeway-postgres-'))
  const [data, log] = [join(directory, 'data'), join(directory, 'server.log')]
  mkdirSync(data)
  const asUser = userFor(directory, data)
  const [initdb = '', ...args] = [...asUser, join(bin, 'initdb'), '-D', data, '-U', 'peer', '-A', 'trust', '--no-sync']
  const { status, stderr } = spawnSync(initdb, args, { encoding: 'utf8', cwd: directory })
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`)
  const port = await freePort()
  const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=`, 'fsync=off', 'timezone=UTC']
  const flags = settings.flatMap((setting) => ['-c', setting])
  const [program = '', ...rest] = [...asUser, join(bin, 'postgres'), '-D', data, '-p', String(port), ...flags]
  const child = spawnGuarded(program, rest, directory, log)
  const ended = once(child, 'exit')
  await until(`PostgreSQL listens (${log})`, () => {
    if (child.exitCode !== null) throw new Error(`PostgreSQL ended: ${readFileSync(log, 'utf8')}`)
    return isListening(port)
  })
  return {
    url: `postgres://peer@127.0.0.1:${port}/postgres`,
    version: spawnSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' }).stdout.replace(
      /[^\d.]*([\d.]+).*/s,
      '$1',
    ),
    async stop() {
      child.kill('SIGINT')
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function findBinaries(): string {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const found = folders.find((folder) => existsSync(join(folder, 'postgres')) && existsSync(join(folder, 'initdb')))
  if (found === undefined) throw new Error('there is no postgres with its initdb on the PATH')
  return found
}

/** PostgreSQL refuses to run as root: what to put before its commands there, and whom the directories belong to. */
function userFor(...directories: string[]): string[] {
  if (process.getuid?.() !== 0) return []
  const id = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout)
  const [uid, gid] = [id('-u'), id('-g')]
  if (!uid) throw new Error('PostgreSQL does not run as root, and there is no user named postgres')
  for (const directory of directories) chownSync(directory, uid, gid)
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
