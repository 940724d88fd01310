import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { rules } from '../src/index.ts'

const fixture = fileURLToPath(new URL('./fixtures/under-node-test.ts', import.meta.url))

describe('register under node:test', () => {
  it('runs every rule as a test and shows what is not run as skipped', async () => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const args = ['--conditions=@leeway/source', '--test', '--test-reporter=tap', fixture]
    const { stdout } = await promisify(execFile)(process.execPath, args, { env })
    const count = (name: string) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(stdout)?.[1])
    expect(count('fail')).toBe(0)
    expect(count('pass')).toBeGreaterThan(150)
    expect(count('pass') + count('skipped')).toBe(rules.length)
    expect(stdout).toMatch(/LIST-015 .*\[waived: to be seen as skipped\] # SKIP/)
  }, 60_000)
})
