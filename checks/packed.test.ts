import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '@leeway/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pack, published } from '../scripts/packages.mjs'
import { freePort, get, read, readmeExample, readmeExampleOn, root } from './documents.ts'
import { npmInstall } from './npm.ts'
import { testFirstRuns } from './packed-first-run.ts'
import { testFrameworks } from './packed-frameworks.ts'
import { testRunners } from './packed-runners.ts'

const directory = mkdtempSync(join(tmpdir(), 'leeway-packed-'))
const redis = await startRedis()
let tarballs: string[] = []

beforeAll(async () => {
  tarballs = await pack(directory)
}, 300_000)
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true })
  await redis.stop()
})

/** The tarballs of what a program imports. */
function importedBy(code: string): string[] {
  const names = [...code.matchAll(/from '@leeway\/(\w+)/g)].map(([, name]) => name)
  return tarballs.filter((path) => names.some((name) => path.includes(`leeway-${name}-`)))
}

test('every published package has a tarball, which holds dist, its README and nothing of the sources', () => {
  expect(tarballs).toHaveLength(published.length)
  for (const tarball of tarballs) {
    const files = execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' }).trim().split('\n')
    const others = files.filter((file) => !file.startsWith('package/dist/'))
    expect(others.sort()).toEqual(['package/LICENSE', 'package/README.md', 'package/package.json'])
    expect(files.length).toBeGreaterThan(others.length)
  }
})

test.concurrent.each([
  { on: 'SQLite', example: readmeExample(), left: 'sessions.db' },
  { on: 'files', example: readmeExampleOn('files'), left: 'sessions' },
  { on: 'Redis', example: readmeExampleOn('redis'), left: undefined },
])(
  "the README's example on $on runs from the tarballs, in an empty directory, with plain npm",
  async ({ example, left }) => {
    const app = mkdtempSync(join(directory, 'app-'))
    writeFileSync(join(app, 'package.json'), '{ "type": "module" }')
    await npmInstall(app, ...importedBy(example), 'express@5', 'ioredis@6')
    writeFileSync(join(app, 'server.ts'), example)
    const port = await freePort()
    const server = spawn('node', ['server.ts'], {
      cwd: app,
      env: { ...process.env, PORT: String(port), REDIS_URL: redis.url },
      stdio: 'inherit',
    })
    try {
      const first = await get(`http://127.0.0.1:${port}/`)
      expect(await first.text()).toBe('visit 1\n')
      const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? ''
      expect(cookie).toMatch(/^leeway=[a-z2-7]{26}\.[\w-]{32}$/)
      const second = await get(`http://127.0.0.1:${port}/`, cookie)
      expect(await second.text()).toBe('visit 2\n')
      expect(second.headers.get('set-cookie')).toBeNull()
    } finally {
      server.kill()
      await once(server, 'exit')
    }
    const kept = readdirSync(app).filter((name) => name.startsWith('sessions') && !/-(?:wal|shm)$/.test(name))
    expect(kept).toEqual(left === undefined ? [] : [left])
  },
  120_000,
)

test.concurrent('the published types compile in strict mode without the sources', async () => {
  const app = mkdtempSync(join(directory, 'types-'))
  writeFileSync(join(app, 'package.json'), '{ "type": "module" }')
  await npmInstall(app, ...importedBy(read('checks/typed-app.ts')))
  writeFileSync(join(app, 'app.ts'), read('checks/typed-app.ts'))
  const compilerOptions = {
    noEmit: true,
    strict: true,
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2024', 'esnext.disposable'],
    types: [],
  }
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] }))
  const { status, stdout } = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', app], { encoding: 'utf8' })
  expect(stdout).toBe('')
  expect(status).toBe(0)
}, 300_000)

test.concurrent('so do those of the packages for frameworks, beside the types of these', async () => {
  const app = mkdtempSync(join(directory, 'types-'))
  writeFileSync(join(app, 'package.json'), '{ "type": "module" }')
  const { devDependencies } = JSON.parse(read('checks/package.json')) as { devDependencies: Record<string, string> }
  const others = Object.entries(devDependencies).filter(([name]) => !name.startsWith('@leeway/'))
  await npmInstall(app, ...tarballs, ...others.map(([name, version]) => `${name}@${version}`))
  writeFileSync(join(app, 'app.ts'), read('checks/typed-bindings.ts'))
  const compilerOptions = { noEmit: true, strict: true, module: 'nodenext', target: 'es2023', skipLibCheck: true }
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] }))
  const { status, stdout } = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', app], { encoding: 'utf8' })
  expect(stdout).toBe('')
  expect(status).toBe(0)
}, 300_000)

testFirstRuns(directory, () => tarballs, redis.url)
testRunners(directory, () => tarballs)
testFrameworks(() => tarballs, redis.url)
