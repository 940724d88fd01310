import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sqliteStore } from '@leeway/sqlite'
import { afterAll, expect, test } from 'vitest'

const scratch = mkdtempSync(join(tmpdir(), 'leeway-server-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test.each(['SIGINT', 'SIGTERM'] as const)(
  'the server answers, and on %s leaves no process and no locked database',
  async (signal) => {
    const path = join(scratch, signal, 'sessions.db')
    const server = spawn(
      'node',
      ['--conditions=@leeway/source', fileURLToPath(new URL('./server.ts', import.meta.url))],
      {
        env: { ...process.env, PORT: '0', LEEWAY_DB: path },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    try {
      const [line] = (await once(server.stdout.setEncoding('utf8'), 'data')) as [string]
      const [url] = /http:\/\/\S+/.exec(line) ?? ['']
      expect((await fetch(url)).status).toBe(200)
      const headers = { 'content-type': 'application/json' }
      const visit = await fetch(`${url}a/api/visit`, { method: 'POST', headers, body: '{}' })
      expect(await visit.json()).toMatchObject({ session: { visits: 1 } })
      server.kill(signal)
      const [code] = await once(server, 'exit')
      expect(code).toBe(0)
      expect(readdirSync(join(scratch, signal))).toEqual(['sessions.db'])
      const reopened = sqliteStore({ path })
      expect((await reopened.list?.({ limit: 10 }))?.sessions).toHaveLength(1)
      await reopened.close()
    } finally {
      server.kill('SIGKILL')
    }
  },
)
