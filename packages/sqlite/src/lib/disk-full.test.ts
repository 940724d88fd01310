import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryPath } from '../testing/support.ts'

const filler = fileURLToPath(new URL('../testing/disk-filler.ts', import.meta.url))

test('a full disk refuses the write with a clear error, harms nothing that was acknowledged, and passes', () => {
  const mount = join(dirname(temporaryPath()), 'disk')
  mkdirSync(mount)
  // A mount namespace of its own: the small file system is seen by this child alone, and is gone with it.
  const script = 'mount -t tmpfs -o size=2m none "$0" && exec node --conditions=@leeway/source "$1" "$0/sessions.db"'
  const child = spawnSync('unshare', ['--map-root-user', '--mount', 'sh', '-c', script, mount, filler], {
    encoding: 'utf8',
  })
  expect(child.stderr).toBe('')
  const { acknowledged, ...rest } = JSON.parse(child.stdout)
  console.log(`full disk after ${acknowledged} acknowledged sessions: ${JSON.stringify(rest)}`)
  expect(acknowledged).toBeGreaterThan(20)
  expect(rest).toEqual({
    code: 'ERR_STORE_FAILED',
    cause: 'SQLITE_FULL',
    readableWhileFull: acknowledged,
    writesAgain: 'created',
    afterReopening: acknowledged + 1,
  })
})
