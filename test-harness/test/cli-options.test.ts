import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { FAULTY, MEMORY, runCli } from './fixtures/run-cli.ts'

const directory = mkdtempSync(join(tmpdir(), 'leeway-cli-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const LOAD = ['--rule', 'LOAD-001']

describe('wrong usage', () => {
  it.each([
    ['no subject', [], /missing required argument 'subject'/],
    ['a file that is not there', ['./nowhere.ts'], /there is no file .*nowhere\.ts/],
    ['a module without a subject', [new URL('../src/index.ts', import.meta.url).pathname], /default export/],
    ['an option that there is not', [MEMORY, '--seeds', '1'], /unknown option '--seeds'/],
    [
      'a rule that there is not',
      [MEMORY, '--rule', 'ORDER-011'],
      /no rule ORDER-011; there are ORDER-001 to ORDER-010/,
    ],
    ['a rule in small letters', ['explain', 'load-001'], /did you mean LOAD-001\?/],
    ['a concept that there is not', [MEMORY, '--rule', 'LOAN-'], /no rule begins with LOAN-/],
    ['a text that no rule has', [MEMORY, '--grep', 'xyzzy'], /no rule has the text "xyzzy"/],
    ['a rule that was withdrawn', ['explain', 'STEP-004'], /STEP-004 was withdrawn: STEP-003 runs update and destroy/],
    ['a seed that is no number', [MEMORY, '--seed', '1.5'], /a whole number from 0 to 2147483647/i],
    ['a level that there is not', [MEMORY, '--require', 'gold'], /core, concurrent, durable, crash-safe/],
    ['a waiver without a reason', [MEMORY, '--waive', 'LOAD-001'], /<id>=<reason>/],
    ['a waiver of no rule', [MEMORY, '--waive', 'LOAD-999=x'], /no rule LOAD-999/],
    ['a report of no kind', [MEMORY, '--report', 'pdf=x.pdf'], /the kinds are json, junit, html, badge/],
    ['a report without a file', [MEMORY, '--report', 'html'], /<kind>=<file>/],
    ['a soak of no length', [MEMORY, '--soak', 'long'], /number above 0/],
    ['a deadline of nothing', [MEMORY, '--deadline', '0'], /number above 0/],
    ['no id to replay', ['replay', './a.ts', './b.ts'], /no rule/],
  ])('is refused: %s', async (_, args, told) => {
    const { code, stdout, stderr } = await runCli(args)
    expect(stderr).toMatch(/^leeway-conformance: ERR_INVALID_OPTION: /m)
    expect(stderr).toMatch(told)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect([code, stdout]).toEqual([2, ''])
  })

  it('and a subject that throws are told with the line', async () => {
    const { code, stderr } = await runCli([FAULTY], { env: { FAULT: 'throws' } })
    expect(stderr).toMatch(
      /^leeway-conformance: TypeError: the settings are missing\n {2}at .*faulty\.subject\.ts:\d+:\d+\)?\n$/,
    )
    expect(code).toBe(2)
  })
})

describe('--help and --version', () => {
  it('tell commands, examples and exit codes', async () => {
    const [help, run, version] = await Promise.all([
      runCli(['--help']),
      runCli(['run', '--help']),
      runCli(['--version']),
    ])
    for (const text of ['replay', 'init', 'explain', 'Examples:', 'Exit codes:']) expect(help.stdout).toContain(text)
    for (const text of ['--rule', '--grep', '--seed', '--require', '--waive', '--report', '--soak', '--deadline']) {
      expect(run.stdout).toContain(text)
    }
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect([help.code, run.code, version.code]).toEqual([0, 0, 0])
  })
})

describe('options of a run', () => {
  it('--require fails where a level up to the required one is not whole', async () => {
    const { code, stdout } = await runCli([MEMORY, ...LOAD, '--require', 'concurrent'])
    expect(stdout).toMatch(/^Required: concurrent. Not reached, for want of Core, Concurrent.$/m)
    expect(code).toBe(1)
  })

  it('--waive leaves a rule out, with its reason', async () => {
    const { code, stdout } = await runCli([MEMORY, '--rule', 'LOAD-', '--waive', 'LOAD-002=known = for long'])
    expect(stdout).toContain('waived (known = for long): LOAD-002')
    expect(code).toBe(0)
  })

  it('--grep and --rule select together', async () => {
    const { stdout } = await runCli([
      MEMORY,
      '--rule',
      'DESTROY-',
      '--grep',
      'UNKNOWN id',
      '--seed',
      '5',
      '--soak',
      '0.001',
    ])
    expect(stdout).toMatch(/· 1 passed, \d+ not run · /)
    expect(stdout).toMatch(/seed 5$/m)
  })

  it('--deadline says for how long a call may give no answer', async () => {
    const args = [FAULTY, '--rule', 'DESTROY-002', '--deadline', '0.3']
    const { code, stdout } = await runCli(args, { env: { FAULT: 'hangs' } })
    expect([code, stdout]).toEqual([1, expect.stringContaining('nothing was answered for 300 ms')])
  })

  it('colours are printed where they are forced, and never where they are refused', async () => {
    const colored = (env: Record<string, string>, ...more: string[]) =>
      runCli([MEMORY, ...LOAD, ...more], { env }).then(({ stdout }) => stdout.includes('\u001b['))
    const forced = { FORCE_COLOR: '1' }
    expect(
      await Promise.all([
        colored({}),
        colored(forced),
        colored({ ...forced, NO_COLOR: '1' }),
        colored(forced, '--no-color'),
      ]),
    ).toEqual([false, true, false, false])
  })
})

describe('--report', () => {
  it('writes each kind into its file, in a directory that it makes, and leaves nothing else there', async () => {
    const files = ['json', 'junit', 'html', 'badge'].map(
      (kind) => [kind, join(directory, 'new', 'reports', kind)] as const,
    )
    const args = files.flatMap(([kind, file]) => ['--report', `${kind}=${file}`])
    const { code } = await runCli([MEMORY, ...LOAD, ...args])
    expect(code).toBe(0)
    const starts = files.map(([, file]) => readFileSync(file, 'utf8').slice(0, 14))
    expect(starts).toEqual(
      ['{\n  "subject": ', '<?xml version=', '<!doctype html', '<svg xmlns="htt'].map((start) => start.slice(0, 14)),
    )
    expect(readdirSync(join(directory, 'new', 'reports')).sort()).toEqual(['badge', 'html', 'json', 'junit'])
  })

  it('that cannot be written is told after the verdict, with exit code 2, and keeps no other from being written', async () => {
    const good = join(directory, 'good.json')
    const args = [MEMORY, ...LOAD, '--report', 'html=/dev/null/report.html', '--report', `json=${good}`]
    const { code, stdout, stderr } = await runCli(args)
    expect(stdout).toContain('memory: leeway 1')
    expect(stderr).toMatch(/the html report cannot be written to \/dev\/null\/report.html: Error: E[A-Z]+: /)
    expect(JSON.parse(readFileSync(good, 'utf8')).subject).toBe('memory')
    expect(code).toBe(2)
  })
})
