// Runs the tests of the packages and the conformance kit on another version of Node, taken from the npm registry.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { environment, install, run, userEnvironment } from './bootstrap.mjs'
import { provideRedis } from './redis.mjs'

const version = process.argv[2]
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
  await run('node', ['node_modules/vitest/vitest.mjs', 'run', 'packages/', 'test-harness/'])
} finally {
  rmSync(directory, { recursive: true, force: true })
}
