import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { read, root, snippets } from './documents.ts'

// Beside this file, so that the packages are found as they are from an author's project.
const project = mkdtempSync(join(root, 'checks', '.snippets-'))
afterAll(() => rmSync(project, { recursive: true, force: true }))

/** What the reader has already: a store, here one that keeps its records in this process, by directory. */
const store = `
import { memoryStore } from '@leeway/core/memory'

const directories = new Map()
export function myStore({ directory, ...options }) {
  if (!directories.has(directory)) directories.set(directory, new Map())
  return memoryStore({ records: directories.get(directory), ...options })
}
`

test("the kit's README: the files that it has the reader write give a verdict, with and without a test runner", () => {
  writeFileSync(join(project, 'my-store.ts'), store)
  const files = snippets('test-harness/README.md').flatMap(({ code }) => {
    const [, name] = /^\/\/ (\S+\.ts)\n/.exec(code) ?? []
    return name === undefined ? [] : [{ name, code }]
  })
  for (const { name, code } of files) writeFileSync(join(project, name), code)
  expect(files.map(({ name }) => name)).toEqual(['my-store.subject.ts', 'my-store.test.ts', 'verdict.ts'])

  const verdict = spawnSync('node', ['--conditions=@leeway/source', 'verdict.ts'], { cwd: project, encoding: 'utf8' })
  expect(verdict.stderr).toBe('')
  expect(verdict.stdout).toMatch(
    /^Core (\d+)\/\1 · Concurrent (\d+)\/\2 · Durable not applicable · Crash-safe not applicable$/m,
  )
  expect(verdict.status).toBe(0)

  const commands = [...read('test-harness/README.md').matchAll(/^npx @leeway\/conformance (.*)$/gm)].map(
    ([, args = '']) => args,
  )
  expect(commands).toHaveLength(2)
  for (const args of commands) {
    const cli = join(root, 'test-harness', 'src', 'cli.ts')
    const run = spawnSync('node', ['--conditions=@leeway/source', cli, ...args.split(' ')], {
      cwd: project,
      encoding: 'utf8',
    })
    expect(run.stdout).toMatch(/^my-store: leeway 1 \| concurrent · /m)
    expect(run.status).toBe(0)
  }
  expect(readdirSync(join(project, 'reports')).sort()).toEqual(['leeway.html', 'leeway.xml'])

  writeFileSync(
    join(project, 'vitest.config.ts'),
    `export default { ssr: { resolve: { conditions: ['@leeway/source'] } }, test: { execArgv: ['--conditions=@leeway/source'] } }`,
  )
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const tests = spawnSync('node', [vitest, 'run', '--root', project], { cwd: project, encoding: 'utf8' })
  expect(tests.stdout).toMatch(/Tests .*\d+ passed/)
  expect(tests.status).toBe(0)
}, 120_000)
