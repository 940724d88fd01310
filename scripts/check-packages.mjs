// Lints the tarballs as published: package.json, entry points and types.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { install, run } from './bootstrap.mjs'
import { pack } from './packages.mjs'

await install()
const directory = mkdtempSync(join(tmpdir(), 'leeway-pack-'))
try {
  const tarballs = await pack(directory)
  const lint = async () => {
    for (let tarball = tarballs.pop(); tarball; tarball = tarballs.pop()) {
      await run('publint', ['--strict', tarball], { quiet: true })
      await run('attw', ['--profile', 'esm-only', '--format', 'ascii', tarball], { quiet: true })
      console.log(`${basename(tarball)}: publint and attw have nothing to say`)
    }
  }
  await Promise.all([lint(), lint()])
} finally {
  rmSync(directory, { recursive: true, force: true })
}
