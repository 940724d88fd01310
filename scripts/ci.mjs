// What `.ci/run` adds to `npm test`, and the verdict over both.
import { install } from './bootstrap.mjs'
import { runParts } from './parts.mjs'

const startedAt = performance.now()
await install()
const { passed, failed } = await runParts([
  ['npm test', 'npm', ['test']],
  ['lint', 'biome', ['ci', '--error-on-warnings', '.']],
  ['types', 'tsc', ['-p', 'tsconfig.json']],
  ['unused files, exports and dependencies', 'knip', []],
  ['published packages', 'node', ['scripts/check-packages.mjs']],
  ['Node 22', 'node', ['scripts/on-node.mjs', '22']],
  ['Node 26', 'node', ['scripts/on-node.mjs', '26']],
])
console.log(`\n${((performance.now() - startedAt) / 1000).toFixed(0)} s in all`)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
