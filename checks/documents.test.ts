import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSessions, ERROR_CODES, EVENT_NAMES } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import { startRedis } from '@leeway/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { docExamples, documents, freePort, get, read, root, type Snippet, snippets } from './documents.ts'

// Beside this file, so that the packages are found as they are from an application.
const directory = mkdtempSync(join(root, 'checks', '.snippets-'))
const redis = await startRedis()
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true })
  await redis.stop()
})

const sources = globSync('{packages/*,test-harness}/src/**/*.ts', { cwd: root }).filter(
  (file) => !file.endsWith('.test.ts'),
)
const written = documents().flatMap(snippets)
const programs = [...written.filter(({ info }) => info === 'ts'), ...sources.flatMap(docExamples)].filter(standsAlone)
const servers = written.filter(({ info }) => info === 'ts server')

describe('snippets', () => {
  test.each(programs.map((snippet) => [at(snippet), snippet] as const))('%s runs', (_name, snippet) => {
    const { status, stdout, stderr } = spawnSync('node', ['--conditions=@leeway/source', saved(snippet)], {
      cwd: directory,
      env: { ...process.env, REDIS_URL: redis.url },
      encoding: 'utf8',
      timeout: 30_000,
    })
    expect(stderr).toBe('')
    expect(status).toBe(0)
    const promised = [...snippet.code.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, output]) => output)
    expect(stdout.split('\n').slice(0, -1)).toEqual(promised)
  })

  test.each(servers.map((snippet) => [at(snippet), snippet] as const))('%s serves', async (_name, snippet) => {
    const port = await freePort()
    const server = spawn('node', ['--conditions=@leeway/source', saved(snippet)], {
      cwd: directory,
      env: { ...process.env, PORT: String(port) },
      stdio: 'inherit',
    })
    try {
      expect((await get(`http://127.0.0.1:${port}/`)).status).toBe(200)
    } finally {
      server.kill()
      await once(server, 'exit')
    }
  })

  test('there are some to run', () => {
    expect(programs.length).toBeGreaterThan(3)
    expect(servers.length).toBeGreaterThan(0)
  })
})

describe('documents', () => {
  test('docs/errors.md explains every error code, and no other', () => {
    const explained = [...read('docs/errors.md').matchAll(/^### `(ERR_[A-Z_]+)`$/gm)].map(([, code]) => code)
    expect(explained).toEqual([...ERROR_CODES])
  })

  test('docs/events.md names every event, and no other', () => {
    const named = [...read('docs/events.md').matchAll(/^\| `(leeway:[a-z:]+)` \|/gm)].map(([, name]) => name)
    expect(named).toEqual([...EVENT_NAMES])
  })

  test('docs/session.md names every member of a session and of sessions, and no other', async () => {
    await using sessions = createSessions({ store: memoryStore() })
    const parts = read('docs/session.md').split('\n## ').slice(1)
    for (const [index, object] of [await sessions.open(), sessions].entries()) {
      const members = Object.getOwnPropertyNames(Object.getPrototypeOf(object)).filter((name) => name !== 'constructor')
      const cells = [...(parts[index]?.split('\n### ')[0]?.matchAll(/^\| (`.*?) \|/gm) ?? [])].map(
        ([, cell = '']) => cell,
      )
      const named = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)[(`]/g)].map(([, name]) => name))
      expect([...new Set(named)].sort()).toEqual(members.sort())
    }
  })

  test.each(documents())('%s links to files that exist', (file) => {
    const links = [...read(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)/g)].map(
      ([, link]) => link as string,
    )
    const folder = join(root, file, '..')
    expect(links.filter((link) => globSync(join(folder, link)).length === 0)).toEqual([])
  })
})

/** What imports a neighbour is part of a project: see kit-readme.test.ts. */
function standsAlone({ code }: Snippet): boolean {
  return !/from '\.\.?\//.test(code)
}

function at({ file, line }: Snippet): string {
  return `${file}:${line}`
}

function saved(snippet: Snippet): string {
  const path = join(directory, `${snippet.file.replaceAll(/\W/g, '-')}-${snippet.line}.ts`)
  writeFileSync(path, snippet.code)
  return path
}
