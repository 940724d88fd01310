import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { npmInstall, runIn } from './npm.ts'

const RUN_MS = 240_000

/** A line of a store's compiled code, and the mistake that is made there: the version was compared before. */
const RENAME = 'if (!await this.#move(id, state, {'
const MISTAKE = 'if (!await this.#move(id, (await this.#records.look(id) ?? { state }).state, {'

/** The first minutes with the kit: an empty directory, plain npm, one file, `npx`. */
export function testFirstRuns(directory: string, tarballs: () => readonly string[], redisUrl: string): void {
  const projects = new Map<string, Promise<string>>()

  /** A directory with the kit and one adapter, installed, and the files of `first-run/` beside them. */
  function projectWith(adapter: string, ...others: readonly string[]): Promise<string> {
    const project = projects.get(adapter) ?? install(adapter, others)
    projects.set(adapter, project)
    return project
  }

  async function install(adapter: string, others: readonly string[]): Promise<string> {
    const folder = join(directory, `first-run-${adapter}`)
    mkdirSync(folder)
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    const wanted = new RegExp(`-(?:conformance|core|${adapter})-`)
    await npmInstall(folder, ...tarballs().filter((path) => wanted.test(path)), ...others)
    cpSync(new URL('first-run', import.meta.url), folder, { recursive: true })
    return folder
  }

  const conformance = (folder: string, ...args: readonly string[]) =>
    runIn(folder, 'npx', ['@leeway/conformance', ...args], { REDIS_URL: redisUrl })

  describe.concurrent('the kit in an empty directory, from its tarball', () => {
    test.each([
      { store: 'memory', adapter: 'core', level: 'concurrent' },
      { store: 'file', adapter: 'file', level: 'crash-safe' },
      { store: 'sqlite', adapter: 'sqlite', level: 'crash-safe' },
      { store: 'redis', adapter: 'redis', level: 'crash-safe', others: ['ioredis@6'] },
    ])(
      'gives a verdict on $store',
      async ({ store, adapter, level, others = [] }) => {
        const { status, output } = await conformance(await projectWith(adapter, ...others), `./${store}.subject.ts`)
        console.log(output.split('\n').slice(-4).join('\n'))
        expect(output).toMatch(
          new RegExp(`^${store}: leeway \\d+ \\| ${level} · \\d+ passed, \\d+ not applicable`, 'm'),
        )
        expect(output).toMatch(/\d placements · .*\d interleavings · .*\d histories · .*seed \d+$/m)
        expect(output).toMatch(/^Core (\d+)\/\1 · Concurrent (\d+)\/\2 · /m)
        expect(status).toBe(0)
      },
      RUN_MS,
    )

    test(
      'loads a subject in CommonJS',
      async () => {
        const folder = await projectWith('sqlite')
        const { status, output } = await conformance(folder, './sqlite.subject.cjs', '--rule', 'CREATE-')
        expect(output).toMatch(/^sqlite in CommonJS: leeway \d+ \| no level · \d+ passed, \d+ not run/m)
        expect(status).toBe(0)
      },
      RUN_MS,
    )

    test(
      'fails a copy of an adapter in which one line is wrong, and names the line',
      async () => {
        const folder = await projectWith('file')
        const compiled = readFileSync(join(folder, 'node_modules/@leeway/file/dist/index.js'), 'utf8')
        const lines = compiled.split('\n')
        const wrong = lines.findIndex((line) => line.includes(RENAME))
        writeFileSync(join(folder, 'broken-store.js'), compiled.replace(RENAME, MISTAKE))
        const subject = readFileSync(join(folder, 'stepped-file.subject.ts'), 'utf8')
        writeFileSync(join(folder, 'broken.subject.ts'), subject.replace('@leeway/file', './broken-store.js'))
        const { status, output } = await conformance(folder, './broken.subject.ts', '--rule', 'STEP-002')
        expect(output).toMatch(/FAIL STEP-002 \(MUST\)/)
        expect(output).toMatch(/look at:\n.*: where store1\.update stood while store2\.update went on; then /)
        expect(output).toContain(`#replace (broken-store.js:${wrong + 1})`)
        expect(output).toMatch(
          /replay: npx @leeway\/conformance replay STEP-002:\w+ \.\/broken\.subject\.ts --seed \d+/,
        )
        expect(status).toBe(1)
      },
      RUN_MS,
    )
  })
}
