// `node peers/run.mjs` installs stores for express-session in this directory, runs them under the conformance kit and
// writes docs/peers-under-the-kit.md. With arguments (names of stores, rules, checks or replay ids) it only prints.
// It needs the workspace's own dependencies, a compiler for sqlite3 where there is no build of it, a Redis server and,
// for connect-pg-simple, a PostgreSQL server on the PATH; it starts both by itself and stops them.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { environment, install, root, run } from '../scripts/bootstrap.mjs'

const here = join(root, 'peers')
const changedAt = (file) => statSync(join(here, file), { throwIfNoEntry: false })?.mtimeMs ?? 0

await install()
if (changedAt('node_modules/.package-lock.json') < changedAt('package-lock.json')) {
  console.log('Installing the stores, sqlite3 from source where need be: some minutes ...')
  await run('npm', ['ci', '--prefix', here, '--no-audit', '--no-fund'], { quiet: true, env: environment })
}
await run('node', ['--conditions=@leeway/source', join(here, 'table.ts'), ...process.argv.slice(2)])
