import { type ServerOptions, startRedis } from '@leeway/testing'
import { Contestant, contest, type Mode, singleClient } from './contestants.ts'
import type { Row } from './row.ts'

export type Persistence = NonNullable<ServerOptions['appendonly']>

const NAMES: Record<Persistence, string> = {
  no: 'in memory',
  everysec: 'appendfsync everysec',
  always: 'appendfsync always',
}
const MODES: readonly Mode[] = [{}, { layer: 'sessions' }]

/** One server is killed under load and started again. The kernel goes on, so what the server handed to it is kept. */
export async function crashRun(appendonly: Persistence): Promise<Row[]> {
  await using server = await startRedis({ appendonly })
  const contestants = MODES.map((mode, n) => new Contestant(() => singleClient(server), mode, `crash-${n}:`))
  return await contest(contestants, `One server, ${NAMES[appendonly]}, killed`, async () => {
    const failedAt = performance.now()
    await server.restart()
    return failedAt
  })
}
