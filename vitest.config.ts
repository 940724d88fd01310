import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const source = '@leeway/source'

/** What takes longest, so that no worker begins with it when the others are done. */
const LONGEST = [
  'test-harness/test/file.test.ts',
  'races/file-orders.test.ts',
  'races/expiry.test.ts',
  'races/http/logout.test.ts',
  'races/http/changes.test.ts',
  'examples/custom-store/src/documents/documents.test.ts',
  'checks/packed.test.ts',
  'test-harness/test/mutants.test.ts',
  'test-harness/test/redis-cluster.test.ts',
  'examples/frameworks/src/frameworks.test.ts',
  'packages/file/src/lib/faults.test.ts',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => LONGEST.findIndex((name) => moduleId.endsWith(`/${name}`))
    const [longest, others] = [files.filter((file) => rank(file) >= 0), files.filter((file) => rank(file) < 0)]
    return [...longest.sort((a, b) => rank(a) - rank(b)), ...(await super.sort(others))]
  }
}

export default defineConfig({
  // What vitest transforms and what Node loads by itself both find the packages' sources.
  resolve: { conditions: [source] },
  ssr: { resolve: { conditions: [source], externalConditions: [source] } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'test-harness/**/*.test.ts',
      'testing/src/**/*.test.ts',
      'examples/*/src/**/*.test.ts',
      'races/**/*.test.ts',
      'checks/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**', 'checks/runners/**'],
    // Only ends what hangs: tests that start processes take their time on a busy machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Left to itself, vitest uses one of two processors; most tests wait for servers, files and processes.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    execArgv: [`--conditions=${source}`],
  },
})
