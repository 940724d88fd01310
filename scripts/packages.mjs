// Builds the published packages and packs them into a directory as they would be published.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './bootstrap.mjs'

export const published = [
  'packages/core',
  'packages/sqlite',
  'packages/file',
  'packages/redis',
  'packages/express',
  'packages/fastify',
  'packages/hono',
  'packages/koa',
  'test-harness',
]

/** Resolves with the paths of the tarballs. */
export async function pack(directory) {
  await run('lerna', ['run', 'build', '--concurrency', '2'], { quiet: true })
  for (const folder of published) {
    await run('pnpm', ['--dir', join(root, folder), 'pack', '--pack-destination', directory], { quiet: true })
  }
  return readdirSync(directory)
    .filter((name) => name.endsWith('.tgz'))
    .map((name) => join(directory, name))
}
