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
      'examples/*/src/**/*.test.ts',
      'races/**/*.test.ts',
      'checks/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**'],
    execArgv: [`--conditions=${source}`],
  },
})
