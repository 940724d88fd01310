import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ReplicatedRedis, startReplicated, until } from './index.ts'

let servers: ReplicatedRedis
beforeAll(async () => {
  servers = await startReplicated()
})
afterAll(() => servers.stop())

it('copies what is written', async () => {
  await servers.primary.command('SET', 'key', 'kept')
  expect(await servers.primary.command('WAIT', 1, 5_000)).toBe(1)
  expect(await servers.replicas[0]?.command('GET', 'key')).toBe('kept')
  expect(await servers.primaryNow()).toBe(servers.primary)
  expect(servers.sentinelAddresses).toHaveLength(3)
})

/** A Sentinel that was kept from running for two seconds does nothing for thirty (TILT). */
const TILT_MS = 30_000

it('gets another primary when its own is killed; one that was replaced follows when it comes back', async () => {
  const [replica] = servers.replicas
  await servers.sentinels[0]?.kill()
  await servers.primary.kill()
  await until('another is the primary', async () => (await servers.primaryNow()) === replica)
  expect(await replica?.command('GET', 'key')).toBe('kept')
  await until('it may be written to', async () => String(await replica?.command('ROLE')).startsWith('master'))
  await servers.primary.restart()
  await until(
    'the old primary follows',
    async () => String(await servers.primary.command('INFO', 'replication')).includes('master_link_status:up'),
    20_000 + TILT_MS,
  )
  expect(await servers.primary.command('GET', 'key')).toBe('kept')
}, 120_000)

it('keeps after a restart what the Sentinels have changed', async () => {
  const [replica] = servers.replicas
  await servers.primary.restart()
  expect(String(await servers.primary.command('ROLE'))).toMatch(new RegExp(`^slave,127.0.0.1,${replica?.port}`))
  await replica?.restart()
  expect(String(await replica?.command('ROLE'))).toMatch(/^master/)
})
