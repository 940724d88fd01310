import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { startCluster, startRedis, startReplicated, until } from './index.ts'

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('a server for tests', () => {
  it('answers on a port and in a directory of its own, and leaves neither', async () => {
    const server = await startRedis()
    const { pid, directory } = server
    expect(await server.command('PING')).toBe('PONG')
    expect(await server.version()).toMatch(/^(Redis|Valkey) \d/)
    await server.stop()
    await server.stop()
    expect([isRunning(pid), existsSync(directory)]).toEqual([false, false])
  })

  it.each([
    ['no', null],
    ['always', 'kept'],
  ] as const)('that is killed has, with appendonly %s, %s afterwards', async (appendonly, value) => {
    await using server = await startRedis({ appendonly })
    await server.command('SET', 'key', 'kept')
    await server.restart()
    expect(await server.command('GET', 'key')).toBe(value)
  })

  it('does not outlive the process that started it', async () => {
    const program = `
      const { startRedis } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
      console.log((await startRedis()).pid)`
    const child = spawn(process.execPath, ['--conditions=@leeway/source', '--input-type=module', '-e', program])
    const [line] = await once(createInterface({ input: child.stdout }), 'line')
    child.kill('SIGKILL')
    const pid = Number(line)
    expect(pid).toBeGreaterThan(1)
    await until('the server has ended', () => !isRunning(pid))
  })

  it('says what is wrong when it cannot start', async () => {
    await expect(startRedis({ args: ['--no-such-setting', '1'] })).rejects.toThrow('the server has ended')
    await expect(startRedis({ binary: '/nowhere/redis-server' })).rejects.toThrow('ENOENT')
  })
})

describe('a primary with a replica and Sentinels', () => {
  it('gets another primary when its own is killed', async () => {
    await using servers = await startReplicated()
    await servers.primary.command('SET', 'key', 'kept')
    await servers.primary.command('WAIT', 1, 5_000)
    await servers.primary.kill()
    await until('another is the primary', async () => (await servers.primaryNow()) !== servers.primary)
    expect(await (await servers.primaryNow()).command('GET', 'key')).toBe('kept')
  })
})

describe('a cluster', () => {
  it('moves slots, and replaces a node that is killed', async () => {
    await using cluster = await startCluster()
    const [first, second] = cluster.nodes
    if (!first || !second) throw new Error('there are six nodes')
    const slot = 0
    expect(await cluster.masterOfSlot(slot)).toBe(first)
    const move = await cluster.beginMove(slot, second)
    await move.finish()
    expect(await cluster.masterOfSlot(slot)).toBe(second)
    const replica = await cluster.replicaOf(second)
    await second.kill()
    await until('the replica serves its slots', async () => (await cluster.masterOfSlot(slot, replica)) === replica)
    await until('the cluster is well', () => cluster.isHealthy())
  })
})
