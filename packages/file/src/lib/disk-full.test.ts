import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pathOf, temporaryDirectory } from '../testing/support.ts'

test('a full disk refuses the write with a clear error, harms nothing that was acknowledged, and passes', () => {
  const mount = join(temporaryDirectory(), 'disk')
  mkdirSync(mount)
  // A mount namespace of its own: the small file system is seen by this child alone, and is gone with it.
  const script = 'mount -t tmpfs -o size=2m none "$0" && exec node --conditions=@leeway/source "$1" "$0/sessions"'
  const args = ['--map-root-user', '--mount', 'sh', '-c', script, mount, pathOf('disk-filler.ts')]
  const child = spawnSync('unshare', args, { encoding: 'utf8' })
  expect(child.stderr).toBe('')
  const { acknowledged, ...rest } = JSON.parse(child.stdout)
  console.log(`full disk after ${acknowledged} acknowledged sessions: ${JSON.stringify(rest)}`)
  expect(acknowledged).toBeGreaterThan(20)
  expect(rest).toEqual({
    refusal: 'ERR_STORE_FAILED create ENOSPC',
    update: 'ERR_STORE_FAILED update ENOSPC',
    readableWhileFull: acknowledged,
    destroyed: 'destroyed',
    swept: 0,
    writesAgain: ['created', 'saved'],
    afterReopening: acknowledged,
    removed: acknowledged,
    owned: true,
  })
})
