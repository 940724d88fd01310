// Runs the tests of the packages, and the kit on memory and SQLite, on another version of Node, taken from the npm
// registry. What lets every call crash or fail, how the kit is tested itself, and what is compared with other session
// libraries on every store, runs on the project's own Node only.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { environment, install, run, userEnvironment } from './bootstrap.mjs'
import { provideRedis } from './redis.mjs'

const version = process.argv[2]
const kit = ['memory', 'sqlite', 'load-subject', 'child-process']
const longest = ['crash', 'faults*', 'migration', 'races', 'replicas*'].map((name) => `**/${name}.test.ts`)
const compared = ['packages/express/src/lib/behaviour/**', 'packages/fastify/src/lib/drop-in/**']
const excluded = [...longest, ...compared].flatMap((pattern) => ['--exclude', pattern])
await install()
await provideRedis()
const directory = mkdtempSync(join(tmpdir(), 'leeway-node-'))
try {
  writeFileSync(join(directory, 'package.json'), '{}')
  await run('npm', ['install', '--prefix', directory, '--no-audit', '--no-fund', `node@${version}`], {
    quiet: true,
    env: userEnvironment,
  })
  environment.PATH = join(directory, 'node_modules', '.bin') + delimiter + environment.PATH
  await run('node', ['--version'])
  await run('node', ['node_modules/vitest/vitest.mjs', 'run', 'packages/', ...kit.map(pathOf), ...excluded])
} finally {
  rmSync(directory, { recursive: true, force: true })
}

function pathOf(name) {
  return `test-harness/test/${name}.test.ts`
}
