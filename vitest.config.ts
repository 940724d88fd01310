import { defineConfig } from 'vitest/config'

const source = '@leeway/source'

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
    // Left to itself, vitest uses one of two processors; most tests wait for servers, files and processes.
    maxWorkers: 2,
    hookTimeout: 60_000,
    execArgv: [`--conditions=${source}`],
  },
})
