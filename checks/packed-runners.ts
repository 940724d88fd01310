import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Report, rules, runConformance } from '@leeway/conformance'
import { beforeAll, describe, expect, test } from 'vitest'
import { npmInstall, runIn } from './npm.ts'
import broken from './runners/stores/broken-store.subject.ts'
import good from './runners/stores/my-store.subject.ts'

/** What a runner has told of its tests. */
interface Told {
  readonly passed: string[]
  readonly skipped: string[]
  readonly failed: { readonly title: string; readonly message: string }[]
}

interface RunnerCase {
  readonly name: string
  /** What makes it write its results into a file. */
  reporting(file: string): readonly string[]
  read(text: string): Told
}

const runners: readonly RunnerCase[] = [
  { name: 'vitest', reporting: (file) => ['--reporter=json', `--outputFile=${file}`], read: readJest },
  { name: 'jest', reporting: (file) => ['--json', `--outputFile=${file}`], read: readJest },
  { name: 'mocha', reporting: (file) => ['--reporter=json', `--reporter-option=output=${file}`], read: readMocha },
  {
    name: 'node-test',
    reporting: (file) => ['--test-reporter=./json-reporter.js', `--test-reporter-destination=${file}`],
    read: readNodeTest,
  },
]

/** A project for each runner, as an author has it: `runners/`, with the tarballs and the runners themselves installed. */
export function testRunners(directory: string, tarballs: () => readonly string[]): void {
  const project = join(directory, 'runners')
  let [report, concurrent, lines] = [{} as Report, {} as Report, [] as string[]]

  describe.concurrent('the kit in a runner, from its tarball', () => {
    beforeAll(async () => {
      cpSync(new URL('runners', import.meta.url), project, { recursive: true })
      const kitAndCore = tarballs().filter((path) => /-(?:conformance|core)-/.test(path))
      await npmInstall(project, ...kitAndCore, 'mocha@12.0.3', 'jest@30.5.2', 'vitest@5.1.1')
      report = await runConformance(good)
      const selected = rules.filter(({ tier }) => tier === 'concurrent').map(({ id }) => id)
      concurrent = await runConformance(broken, { rules: selected, seed: 1 })
      lines = readFileSync(join(project, 'stores', 'broken-store.ts'), 'utf8').split('\n')
    }, 180_000)

    describe.each(runners)('$name', ({ name, reporting, read }) => {
      const run = async (...files: string[]): Promise<Told & { status: number }> => {
        const folder = join(project, name)
        const told = `told-${files[0]}.json`
        const { status, output } = await runIn(folder, 'npm', ['test', '--', ...reporting(told), ...files])
        try {
          return { status, ...read(readFileSync(join(folder, told), 'utf8')) }
        } catch (cause) {
          throw new Error(output, { cause })
        }
      }

      test('runs every rule once, CommonJS too, however long it takes, and skips with a reason what does not apply', async () => {
        const { status, passed, skipped, failed } = await run(
          'my-store.test.ts',
          'commonjs.test.mjs',
          'slow-store.test.ts',
        )
        expect(failed).toEqual([])
        const selected = ['CREATE-001', 'STEP-002', 'LOAD-001']
        expect(passed.map(idOf).sort()).toEqual([...idsOf(report, 'pass'), ...selected].sort())
        expect(passed.length + skipped.length).toBe(3 * rules.length)
        expect(skipped.find((title) => idOf(title) === 'CAP-004')).toMatch(/ \[not-(?:run|applicable): .+\]$/)
        expect(
          skipped.find((title) => title.endsWith('[not-applicable: the subject has no `corrupt` hook]')),
        ).toBeDefined()
        expect(status).toBe(0)
      })

      test('fails where the store does, and says why, where and how to see it again', async () => {
        const { status, failed } = await run('broken-store.test.ts', 'unopened-store.test.ts')
        expect(status).toBeGreaterThan(0)
        const [unopened, ...others] = failed.filter(({ title }) => title === 'opens')
        expect(unopened?.message).toContain('no server at this address')
        expect(others).toEqual([])

        const ofRules = failed.filter(({ title }) => title !== 'opens')
        expect(ofRules.map(({ title }) => idOf(title))).toEqual(idsOf(concurrent, 'fail'))
        const message = ofRules.find(({ title }) => idOf(title) === 'STEP-002')?.message
        const line = lines.findIndex((text) => text.includes('// others may have written')) + 1
        for (const part of [
          /FAIL STEP-002 \(MUST\) .*update and update/,
          /expected: \[ 'saved, conflict/,
          /actual: {3}'saved, saved/,
          /why: Version compared in one step/,
          /last calls:\n.*\n.*store1\.update\(\{ id: .*\) → saved\n/,
          new RegExp(`stores/broken-store\\.ts:${line}\\)?: where store1\\.update stood while store2\\.update went on`),
          /replay: npx @leeway\/conformance replay STEP-002:\w+ .* --seed 1/,
        ]) {
          expect(message).toMatch(part)
        }
      })
    })
  })
}

function idOf(title: string): string {
  return title.split(' ', 1)[0] ?? ''
}

function idsOf({ results }: Report, status: 'pass' | 'fail'): string[] {
  return results.filter((result) => result.status === status).map(({ id }) => id)
}

interface JestTest {
  readonly title: string
  readonly status: string
  readonly failureMessages: readonly string[]
}

function readJest(text: string): Told {
  const { testResults } = JSON.parse(text) as { testResults: { assertionResults: JestTest[] }[] }
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  const titles = (...statuses: string[]) =>
    tests.filter(({ status }) => statuses.includes(status)).map(({ title }) => title)
  const failed = tests
    .filter(({ status }) => status === 'failed')
    .map(({ title, failureMessages }) => ({ title, message: failureMessages.join('\n') }))
  return { passed: titles('passed'), skipped: titles('pending', 'skipped'), failed }
}

interface MochaTest {
  readonly title: string
  readonly err: { readonly message: string }
}

function readMocha(text: string): Told {
  const { passes, pending, failures } = JSON.parse(text) as Record<'passes' | 'pending' | 'failures', MochaTest[]>
  return {
    passed: passes.map(({ title }) => title),
    skipped: pending.map(({ title }) => title),
    failed: failures.map(({ title, err }) => ({ title, message: err.message })),
  }
}

interface NodeTest {
  readonly title: string
  readonly isSkipped: boolean
  readonly message?: string
}

function readNodeTest(text: string): Told {
  const tests = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as NodeTest)
  return {
    passed: tests.filter(({ isSkipped, message }) => !isSkipped && message === undefined).map(({ title }) => title),
    skipped: tests.filter(({ isSkipped }) => isSkipped).map(({ title }) => title),
    failed: tests.flatMap(({ title, message }) => (message === undefined ? [] : [{ title, message }])),
  }
}
