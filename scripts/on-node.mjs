// Runs the tests of the packages and the conformance kit on another version of Node, taken from the npm registry. Those
// that let every call crash or fail run on the project's own Node only: they take longer than all others together.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { environment, install, run, userEnvironment } from './bootstrap.mjs'
import { provideChromium } from './chromium.mjs'
import { provideRedis } from './redis.mjs'

const version = process.argv[2]
const longest = ['crash', 'faults*', 'replicas*'].flatMap((name) => ['--exclude', `**/${name}.test.ts`])
await install()
await provideRedis()
await provideChromium()
const directory = mkdtempSync(join(tmpdir(), 'leeway-node-'))
try {
  writeFileSync(join(directory, 'package.json'), '{}')
  await run('npm', ['install', '--prefix', directory, '--no-audit', '--no-fund', `node@${version}`], {
    quiet: true,
    env: userEnvironment,
  })
  environment.PATH = join(directory, 'node_modules', '.bin') + delimiter + environment.PATH
  await run('node', ['--version'])
  await run('node', ['node_modules/vitest/vitest.mjs', 'run', 'packages/', 'test-harness/', ...longest])
} finally {
  rmSync(directory, { recursive: true, force: true })
}
