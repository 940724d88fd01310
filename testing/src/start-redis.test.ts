import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from './free-port.ts'
import { serverBinaries, startRedis, until } from './index.ts'
import { RunningProcess } from './running-process.ts'
import { launch } from './start-redis.ts'

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe.each(serverBinaries())('a server for tests: %s', (binary) => {
  it('answers on a port and in a directory of its own, and leaves neither', async () => {
    const server = await startRedis({ binary })
    const { pid, directory } = server
    expect(await server.command('PING')).toBe('PONG')
    expect(binary).toContain(server.kind)
    expect(server.version).toMatch(/^\d+\.\d+\.\d+$/)
    await server.stop()
    await server.stop()
    expect([isRunning(pid), existsSync(directory)]).toEqual([false, false])
    await expect(server.command('PING')).rejects.toThrow('is not running')
  })

  it.each([
    ['no', null],
    ['everysec', 'kept'],
    ['always', 'kept'],
  ] as const)('that is killed has, with appendonly %s, %s afterwards', async (appendonly, value) => {
    await using server = await startRedis({ binary, appendonly })
    const { port, pid } = server
    await server.command('SET', 'key', 'kept')
    await server.restart()
    expect(await server.command('GET', 'key')).toBe(value)
    expect([server.port, server.pid === pid]).toEqual([port, false])
  })

  it('stands still while it is paused, and goes on where it was', async () => {
    await using server = await startRedis({ binary })
    await server.pause()
    let answer: unknown
    const answered = server.command('INCR', 'key').then((value) => {
      answer = value
    })
    // Another server has answered many times meanwhile.
    await using other = await startRedis({ binary })
    for (let n = 0; n < 100; n++) await other.command('PING')
    expect([server.isRunning, server.isAwake, answer]).toEqual([true, false, undefined])
    server.resume()
    await answered
    expect([server.isAwake, answer]).toEqual([true, 1])
  })

  it('can be stopped while it is paused', async () => {
    const server = await startRedis({ binary })
    const { pid } = server
    await server.pause()
    await server.stop()
    expect(isRunning(pid)).toBe(false)
  })

  it.each(['running', 'paused'])('does not outlive the process that started it, %s', async (state) => {
    const program = `
      const { startRedis } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
      const server = await startRedis({ binary: ${JSON.stringify(binary)} })
      if (${JSON.stringify(state)} === 'paused') await server.pause()
      console.log(server.pid)
      console.log(server.directory)`
    const args = ['--conditions=@leeway/source', '--input-type=module', '-e', program]
    const parent = new RunningProcess(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }))
    await parent.printed(2)
    const [pid, directory = ''] = parent.lines
    expect([isRunning(Number(pid)), existsSync(directory)]).toEqual([true, true])
    parent.child.kill('SIGKILL')
    await until('the server has ended', () => !isRunning(Number(pid)))
    await until('its directory is gone', () => !existsSync(directory))
  })

  it('tries another port where somebody took the one that was free', async () => {
    await using first = await startRedis({ binary })
    const ports = [first.port, await freePort()]
    await using second = await launch(() => [], { binary, port: async () => ports.shift() ?? 0 })
    expect([ports, second.pid === first.pid]).toEqual([[], false])
    await second.command('SET', 'key', 'second')
    expect(await first.command('GET', 'key')).toBeNull()
  })

  it('fails a command that it cannot answer any more, and answers the next after a restart', async () => {
    await using server = await startRedis({ binary })
    await server.command('PING')
    await server.pause()
    const lost = expect(server.command('PING')).rejects.toThrow()
    await server.restart()
    await lost
    expect(await server.command('PING')).toBe('PONG')
  })

  it('sends a command again where the server closes its connections and runs on', async () => {
    await using server = await startRedis({ binary })
    const other = new Redis(server.port)
    onTestFinished(() => other.disconnect())
    const isWaiting = async () => (await other.info('clients')).includes('blocked_clients:1')
    const answered = server.command('BLPOP', 'list', 0)
    await until('the command waits', isWaiting)
    await other.call('CLIENT', 'KILL', 'TYPE', 'normal')
    await until('it waits again', isWaiting)
    await other.rpush('list', 'value')
    expect(await answered).toEqual(['list', 'value'])
  })

  it('says what is wrong when it cannot start', async () => {
    await expect(startRedis({ binary, args: ['--no-such-setting', '1'] })).rejects.toThrow('no-such-setting')
  })
})

it('says which program it has not found', async () => {
  await expect(startRedis({ binary: '/nowhere/redis-server' })).rejects.toThrow('/nowhere/redis-server has ended')
})
