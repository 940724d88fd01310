import { runConformance, type Subject } from '../test-harness/src/index.ts'
import { asked } from './kit-rules.ts'
import type { LeewayVerdicts } from './page.ts'
import { checks } from './try-peer.ts'

const STORES = ['memory', 'sqlite', 'file', 'redis']

/** leeway's own stores, run by the kit under the rules of the table. */
export async function leewayVerdicts(redisUrl: string): Promise<LeewayVerdicts> {
  // Read by the subject on Redis.
  process.env.REDIS_URL = redisUrl
  const rules = [...new Set([...asked, ...checks].flatMap((row) => row.rules))]
  const found: ReadonlyMap<string, string>[] = []
  for (const store of STORES) {
    const { default: subject }: { default: Subject } = await import(`../test-harness/subjects/${store}.subject.ts`)
    const { results } = await runConformance(subject, { rules })
    found.push(new Map(results.map(({ id, status }) => [id, status])))
  }
  return found
}
