import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { rules } from '../src/index.ts'
import { COMMON, FAULTY, MEMORY, runCli, runCommand } from './fixtures/run-cli.ts'

describe('a run', () => {
  it('of a store that keeps every rule ends with the verdict and exit code 0', async () => {
    const { code, stdout, stderr } = await runCli([MEMORY, '--require', 'concurrent'])
    expect(stdout).toMatch(/^memory: leeway 1 \| concurrent · \d+ passed, \d+ not applicable · [\d.]+ s$/m)
    expect(stdout).toMatch(/Core (\d+)\/\1 · Concurrent (\d+)\/\2 · Durable not applicable/)
    expect(stdout).toMatch(/^Required: concurrent. Reached.$/m)
    expect(stderr).not.toMatch(/ERR_|Error/)
    expect(code).toBe(0)
  })

  it('that finds a broken promise ends with exit code 1, and gives the command that finds it again', async () => {
    const env = { FAULT: 'inserts' }
    const { code, stdout } = await runCli(['run', FAULTY, '--rule', 'UPDATE-', '--seed', '42'], { env })
    expect(stdout).toMatch(/^FAIL UPDATE-002 \(MUST\)/)
    expect(stdout).toMatch(/^inserts: leeway 1 \| not conforming · /m)
    expect(code).toBe(1)
    const [, command = ''] = /replay: (.*)/.exec(stdout) ?? []
    expect(command).toMatch(/^npx @leeway\/conformance replay UPDATE-002 \S+faulty.subject.ts --seed 42$/)
    const again = await runCommand(command, { env })
    expect([again.code, again.stdout]).toEqual([1, expect.stringMatching(/^FAIL UPDATE-002 .*seed 42$/ms)])
  })

  it('takes CommonJS', async () => {
    const { code, stdout } = await runCli([COMMON, '--rule', 'LOAD-*'])
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^common: .* \d passed, \d+ not run/m)])
  })

  it.each([
    ['a store that cannot be opened', 'unopened', /open: Error: connect ECONNREFUSED/],
    ['an error that is no broken promise', 'errs', /^ERROR LOAD-001 .*\n {2}Error: cannot open again$/m],
    [
      'a store that leaves errors behind',
      'strays',
      /^The store left an error that nobody handled: Error: nobody asked$/m,
    ],
  ])('of %s is no verdict: exit code 2', async (_, fault, told) => {
    const { code, stdout, stderr } = await runCli([FAULTY, '--rule', 'LOAD-001'], { env: { FAULT: fault } })
    expect(stdout + stderr).toMatch(told)
    expect(stdout + stderr).not.toMatch(/^\s+at /m)
    expect(code).toBe(2)
  })

  it('of nothing but rules that do not apply is no verdict', async () => {
    const { code, stdout } = await runCli([MEMORY, '--rule', 'CAP-004'])
    expect([code, stdout]).toEqual([2, expect.stringContaining('| no verdict · 0 passed, 1 not applicable')])
  })

  it('says every few seconds what is running, and after Ctrl-C what is known by then', async () => {
    const args = [FAULTY, '--rule', 'LOAD-001', '--rule', 'DESTROY-001', '--rule', 'DESTROY-002', '--deadline', '60']
    const { code, stdout } = await runCli(args, { env: { FAULT: 'hangs' }, interruptAt: /^1\/3 DESTROY-001 \.\.\.$/m })
    expect(stdout).toContain('not run (interrupted): DESTROY-001, DESTROY-002')
    expect(stdout).toMatch(/^hangs: .* 1 passed, /m)
    expect(code).toBe(130)
  })

  it('shows a bar and colours on a terminal', async () => {
    const node = `'${process.execPath}' --conditions=@leeway/source '${new URL('../src/cli.ts', import.meta.url).pathname}'`
    const command = `${node} '${MEMORY}' --rule LOAD-`
    const { NO_COLOR: _, ...env } = process.env
    const { stdout } = await promisify(execFile)('script', ['-qec', command, '/dev/null'], {
      env: { ...env, TERM: 'xterm' },
    })
    expect(stdout).toMatch(/█|░/)
    expect(stdout).toContain(' 0/5 LOAD-001')
    expect(stdout).toContain('\u001b[33m')
  })
})

describe('list', () => {
  it('has every rule, as text and as JSON', async () => {
    const [text, json] = await Promise.all([runCli(['list']), runCli(['list', '--json'])])
    expect(text.stdout.trim().split('\n')).toHaveLength(rules.length)
    expect(text.stdout).toMatch(/^ORDER-007 +MUST +concurrent +order 7 of 2005/m)
    expect(JSON.parse(json.stdout)).toEqual(
      rules.map(({ id, level, tier, title, why, needs }) => ({
        id,
        level,
        tier,
        title,
        why,
        ...(needs && { needs: needs.reason }),
      })),
    )
    expect([text.code, json.code]).toEqual([0, 0])
  })

  it('has those of a concept, or those that say something', async () => {
    const { stdout } = await runCli(['list', '--rule', 'ORDER-', '--grep', 'django'])
    expect(stdout.trim().split('\n')).toEqual([expect.stringMatching(/^ORDER-003 /)])
  })
})

describe('explain', () => {
  it('tells all of a rule: level, tier, reason, needs, what it carries, how it is replayed', async () => {
    const { code, stdout } = await runCli(['explain', 'CAP-004'])
    const rule = rules.find(({ id }) => id === 'CAP-004')
    for (const text of [
      rule?.title,
      rule?.why,
      rule?.needs?.reason,
      'MUST',
      'durable',
      '"never torn"',
      'replay CAP-004',
    ]) {
      expect(stdout).toContain(text)
    }
    expect(code).toBe(0)
  })
})

describe('replay', () => {
  it('takes the id and the subject in either order', async () => {
    for (const args of [
      ['LOAD-002', MEMORY],
      [MEMORY, 'LOAD-002'],
    ]) {
      const { code, stdout } = await runCli(['replay', ...args])
      expect([code, stdout]).toEqual([0, expect.stringContaining('· 1 passed, ')])
    }
  })

  it('takes one case of a rule', async () => {
    const { code, stdout } = await runCli(['replay', 'ORDER-007:LEGCSD-2', MEMORY])
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^1 placements? · /m)])
  })
})
