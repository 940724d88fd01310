import { freePort } from './free-port.ts'
import { RedisServer } from './redis-server.ts'
import { serverBinary } from './server-binary.ts'

export interface ServerOptions {
  /** Default `no`: everything is in memory and goes with the process. */
  readonly appendonly?: 'no' | 'everysec' | 'always'
  /** More of the server's own arguments, such as `['--maxmemory', '10mb']`. */
  readonly args?: readonly string[]
  /** Default: the one that `LEEWAY_REDIS_SERVER` names, or the first on the `PATH`. */
  readonly binary?: string
}

/** How a server of its own kind is launched. */
export interface LaunchOptions {
  readonly binary?: string | undefined
  /** What comes after the configuration file on the command line. */
  readonly flags?: readonly string[]
  /** Chooses the port. Default: one that is free. */
  readonly port?: () => Promise<number>
}

/** How often another port is tried where somebody took the one that was free. */
const ATTEMPTS = 5

/** Starts a server of its own on a free loopback port, in a directory of its own. It answers once this resolves. */
export async function startRedis(options: ServerOptions = {}): Promise<RedisServer> {
  const { appendonly = 'no', args = [], binary } = options
  const persistence = appendonly === 'no' ? ['no'] : ['yes', '--appendfsync', appendonly]
  return launch(() => ['--save', '', '--appendonly', ...persistence, ...args], { binary })
}

/** @param argsFor the server's arguments, asked for again where another port has to be tried */
export async function launch(
  argsFor: () => readonly string[] | Promise<readonly string[]>,
  { binary = serverBinary(), flags = [], port = freePort }: LaunchOptions = {},
): Promise<RedisServer> {
  for (let attempt = 1; ; attempt++) {
    const server = new RedisServer({ binary, port: await port(), args: await argsFor(), flags })
    try {
      await server.start()
      return server
    } catch (error) {
      await server.stop()
      if (attempt === ATTEMPTS || !(error as Error).message.includes('Address already in use')) throw error
    }
  }
}

/** Starts servers side by side: all of them or, where one cannot start, none. */
export async function launchAll(starts: readonly Promise<RedisServer>[]): Promise<RedisServer[]> {
  const results = await Promise.allSettled(starts)
  const servers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed === undefined) return servers
  await stopAll(servers)
  throw failed.reason
}

export async function stopAll(servers: readonly RedisServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()))
}
