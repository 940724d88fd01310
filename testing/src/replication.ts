import type { RedisServer } from './redis-server.ts'
import { until } from './until.ts'

/** Arguments of a primary, which waits five seconds for more replicas to copy to unless told not to. */
export const SYNC_AT_ONCE = ['--repl-diskless-sync-delay', '0']

/** Whether a replica has got all that its primary had and hears of what follows. */
export async function isInSync(replica: RedisServer): Promise<boolean> {
  return /^master_link_status:up/m.test(String(await replica.command('INFO', 'replication')))
}

/** Resolves once a replica is in sync. */
export function inSync(replica: RedisServer): Promise<void> {
  return until(`${replica.address} is in sync`, () => isInSync(replica))
}
