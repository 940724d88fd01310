// `npm test`: every test of the repository. `npm test -- <filter>` runs those whose file name contains the filter.
import { install } from './bootstrap.mjs'
import { provideChromium } from './chromium.mjs'
import { runParts } from './parts.mjs'
import { provideRedis } from './redis.mjs'

const startedAt = performance.now()
await install()
try {
  await provideRedis()
  await provideChromium()
} catch (error) {
  console.error(error.message)
  process.exit(1)
}
console.log(`installed: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)

const filters = process.argv.slice(2)
const parts =
  filters.length > 0
    ? [['tests', ...vitest(...filters)]]
    : [
        ['units', ...vitest('packages/', 'testing/')],
        ['conformance and mutants', ...vitest('test-harness/')],
        ['example', ...vitest('examples/')],
        ['races', ...vitest('races/')],
        ['packages and documents', ...vitest('checks/')],
      ]
const { passed, failed } = await runParts(parts)
console.log(`\nparts: ${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

function vitest(...filters) {
  return ['vitest', ['run', ...filters]]
}
