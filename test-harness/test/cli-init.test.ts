import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { runCli, runCommand } from './fixtures/run-cli.ts'

// Beside this file, so that the packages are found as they are from an author's project.
const directory = mkdtempSync(join(dirname(fileURLToPath(import.meta.url)), '.init-'))
const root = fileURLToPath(new URL('../..', import.meta.url))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

describe('init', () => {
  it('writes a store and its subject, whose first run says what to write and how to see it pass', async () => {
    const cwd = mkdtempSync(join(directory, 'ts-'))
    const { code, stdout } = await runCli(['init'], { cwd })
    expect([code, readdirSync(cwd).sort()]).toEqual([0, ['my-store.subject.ts', 'my-store.ts']])
    const [, next = ''] = /^Next: +(.*)$/m.exec(stdout) ?? []
    expect(stdout).not.toContain('npm install')

    const first = await runCommand(next, { cwd })
    expect(first.stdout).toMatch(
      /^NOT WRITTEN YET: create, load, update, touch, destroy, sweep, list\n.* Write create next\./,
    )
    expect(first.stdout.split('\n').length).toBeLessThan(25)
    expect(first.code).toBe(1)

    const [command = ''] = /npx @leeway\/conformance replay CREATE-001 .*/.exec(first.stdout) ?? []
    const one = await runCommand(command, { cwd })
    expect(one.stdout).toMatch(/^NOT WRITTEN YET: create\n {2}1 rule stops there\./)

    const store = join(cwd, 'my-store.ts')
    writeFileSync(store, readFileSync(store, 'utf8').replace("return notWritten('create')", "return 'created'"))
    const second = await runCommand(command, { cwd })
    expect(second.stdout).toMatch(/^NOT WRITTEN YET: load\n {2}1 rule stops there\. Write load next\./)
  })

  it('writes JavaScript, under another name and into a directory that it makes', async () => {
    const { code } = await runCli(['init', 'stores', '--name', 'redis-cluster', '--javascript'], { cwd: directory })
    const folder = join(directory, 'stores')
    expect([code, readdirSync(folder).sort()]).toEqual([0, ['redis-cluster.js', 'redis-cluster.subject.js']])
    expect(readFileSync(join(folder, 'redis-cluster.js'), 'utf8')).toContain(
      'export function redisClusterStore(options)',
    )
    const { stdout } = await runCli(['./stores/redis-cluster.subject.js', '--rule', 'CREATE-'], { cwd: directory })
    expect(stdout).toMatch(/^NOT WRITTEN YET: create/)
  })

  it('overwrites nothing, and then writes nothing', async () => {
    const cwd = mkdtempSync(join(directory, 'taken-'))
    writeFileSync(join(cwd, 'my-store.subject.ts'), 'mine')
    const { code, stderr } = await runCli(['init'], { cwd })
    expect(stderr).toMatch(
      /^leeway-conformance: ERR_INVALID_OPTION: .*my-store\.subject\.ts is there already; choose another/,
    )
    expect(readdirSync(cwd)).toEqual(['my-store.subject.ts'])
    expect(readFileSync(join(cwd, 'my-store.subject.ts'), 'utf8')).toBe('mine')
    expect(code).toBe(2)
  })

  it('refuses a name that makes no identifier', async () => {
    const { code, stderr } = await runCli(['init', '--name', '../My Store'], { cwd: directory })
    expect([code, stderr]).toEqual([2, expect.stringContaining('is no name such as my-store')])
  })

  it('writes what compiles in strict mode, TypeScript and JavaScript', async () => {
    const cwd = mkdtempSync(join(directory, 'strict-'))
    await runCli(['init', '--name', 'lmdb'], { cwd })
    await runCli(['init', '--name', 'plain', '--javascript'], { cwd })
    const compilerOptions = {
      ...{
        noEmit: true,
        strict: true,
        noUnusedLocals: true,
        noUnusedParameters: true,
        exactOptionalPropertyTypes: true,
      },
      ...{ allowJs: true, checkJs: true, allowImportingTsExtensions: true, skipLibCheck: true, types: ['node'] },
      ...{ module: 'nodenext', target: 'es2023', lib: ['es2024', 'esnext.disposable'] },
      customConditions: ['@leeway/source'],
    }
    const files = ['lmdb.ts', 'lmdb.subject.ts', 'plain.js', 'plain.subject.js']
    writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
    const { status, stdout } = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', cwd], { encoding: 'utf8' })
    expect([status, stdout]).toEqual([0, ''])
  })
})
