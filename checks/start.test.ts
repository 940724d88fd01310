import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '@leeway/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from './documents.ts'

const scratch = mkdtempSync(join(tmpdir(), 'leeway-start-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

let redis: Awaited<ReturnType<typeof startRedis>>
beforeAll(async () => {
  redis = await startRedis()
  return () => redis.stop()
})

const inDirectory = (folder: string) => () => readdirSync(join(scratch, folder))

test.each([
  {
    on: 'SQLite',
    environment: () => ({ LEEWAY_STORE: undefined, LEEWAY_DB: join(scratch, 'sqlite', 'sessions.db') }),
    leftBehind: inDirectory('sqlite'),
    left: ['sessions.db'],
  },
  {
    on: 'files',
    environment: () => ({ LEEWAY_STORE: 'file', LEEWAY_DIR: join(scratch, 'file', 'sessions') }),
    leftBehind: inDirectory('file'),
    left: ['sessions'],
  },
  {
    on: 'Redis',
    environment: () => ({ LEEWAY_STORE: 'redis', REDIS_URL: `${redis.url}/1` }),
    leftBehind: async () => String(await redis.command('CLIENT', 'LIST')).match(/ db=1 /g) ?? [],
    left: [],
  },
])(
  'npm start prints its URL and serves, on $on; Ctrl-C leaves no process and nothing locked or connected',
  async ({ environment, leftBehind, left }) => {
    // A process group of its own, as a terminal gives it, which sends Ctrl-C to all of it.
    const npm = spawn('npm', ['start'], {
      cwd: root,
      detached: true,
      env: { ...process.env, PORT: '0', ...environment() },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const group = -(npm.pid as number)
    try {
      let output = ''
      npm.stdout.setEncoding('utf8')
      while (!/http:\/\/\S+/.test(output)) output += (await once(npm.stdout, 'data'))[0]
      const [url = ''] = /http:\/\/\S+/.exec(output) ?? []
      expect((await fetch(url)).status).toBe(200)
      // The end of its output too: the last process that could write to it has gone.
      const ended = Promise.all([once(npm, 'exit'), once(npm.stdout, 'close')])
      npm.stdout.resume()
      process.kill(group, 'SIGINT')
      await ended
      expect(() => process.kill(group, 0)).toThrow('ESRCH')
      expect(await leftBehind()).toEqual(left)
    } finally {
      try {
        process.kill(group, 'SIGKILL')
      } catch {
        // It has ended.
      }
    }
  },
  60_000,
)
