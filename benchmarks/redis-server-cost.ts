import type { RedisServer } from '@leeway/testing'
import { table } from './redis-report.ts'
import { able, type Side, turn, works } from './redis-turns.ts'

/** One turn of each, with what it took of both processes and what the server counted. */
export async function costTable(server: RedisServer, all: readonly Side[], callers: number): Promise<string> {
  const rows: string[][] = []
  for (const operations of works) {
    for (const side of able(all, operations)) {
      const made: string[][] = Array.from({ length: callers }, () => [])
      for (const operation of operations) {
        await server.command('CONFIG', 'RESETSTAT')
        const serverBefore = await cpuUsOf(server)
        const { us, cpuUs, calls } = await turn(side, operation, made)
        const perCall = ((await cpuUsOf(server)) - serverBefore) / calls
        const each = [us, cpuUs, perCall].map((one) => one.toFixed(1))
        rows.push([operation, side.name, ...each, await commandsOf(server, calls)])
      }
    }
  }
  return table(['', '', 'wall', 'client CPU', 'server CPU', 'commands'], rows)
}

/** Of the server's process, its sockets included. */
async function cpuUsOf(server: RedisServer): Promise<number> {
  const info = String(await server.command('INFO', 'cpu'))
  const seconds = (name: string) => Number(new RegExp(`^used_cpu_${name}:([\\d.]+)`, 'm').exec(info)?.[1])
  return (seconds('sys') + seconds('user')) * 1e6
}

/** How many a call and how long each. What a script calls is counted as a command too, and is in the time of the script. */
export async function commandsOf(server: RedisServer, calls: number): Promise<string> {
  const info = String(await server.command('INFO', 'commandstats'))
  const found = [...info.matchAll(/^cmdstat_(\S+?):calls=(\d+),usec=\d+,usec_per_call=([\d.]+)/gm)]
  return found
    .filter(([, name]) => name !== 'info' && !name?.startsWith('config'))
    .toSorted(([, , , a], [, , , b]) => Number(b) - Number(a))
    .map(([, name, count, us]) => `${(Number(count) / calls).toFixed(2)} ${name} of ${us}`)
    .join(', ')
}
