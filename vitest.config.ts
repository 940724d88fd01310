import { defineConfig } from 'vitest/config'

const conditions = ['@leeway/source', 'node', 'import', 'module', 'default']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test-harness/**/*.test.ts', 'examples/*/src/**/*.test.ts', 'races/**/*.test.ts', 'checks/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    execArgv: ['--conditions=@leeway/source'],
    restoreMocks: true,
  },
})
