// Lints the tarballs as published: package.json, entry points and types.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { install, run } from './bootstrap.mjs'
import { pack } from './packages.mjs'

await install()
const directory = mkdtempSync(join(tmpdir(), 'leeway-pack-'))
try {
  for (const tarball of await pack(directory)) {
    await run('publint', ['--strict', tarball])
    await run('attw', ['--profile', 'esm-only', '--format', 'ascii', tarball])
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}
