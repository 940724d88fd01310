import type { RedisClient } from './client.ts'

/**
 * Warns, once, through `process.emitWarning` if a server is set up to throw away keys when it is full: sessions would go
 * before their time, and nobody would be told. Servers that do not say are taken at their word.
 */
export async function warnOfEviction(client: RedisClient): Promise<void> {
  try {
    const reports = await Promise.all((client.nodes?.('master') ?? [client]).map((node) => node.info?.('memory')))
    const policy = reports.map(evictingPolicy).find((found) => found !== undefined)
    if (policy === undefined) return
    process.emitWarning(
      `Redis has maxmemory-policy ${policy}: when it is full it deletes sessions that are still live. Set it to noeviction.`,
      { type: 'LeewayWarning', code: 'LEEWAY_EVICTION' },
    )
  } catch {
    // Not allowed to ask, or not connected: the calls that matter will tell.
  }
}

function evictingPolicy(report = ''): string | undefined {
  const value = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(report)?.[1]
  const policy = value('maxmemory_policy')
  return policy === 'noeviction' || value('maxmemory') === '0' ? undefined : policy
}
