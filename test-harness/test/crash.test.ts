import { describe, expect, it } from 'vitest'
import { loadSubject } from '../src/engine/load-subject.ts'
import { type Report, type RuleResult, runConformance, type Subject } from '../src/index.ts'
import { crashRules } from '../src/rules/crash/rules.ts'
import memory from '../subjects/memory.subject.ts'
import exclusive from './fixtures/exclusive.subject.ts'
import locking from './fixtures/locking.subject.ts'

const rules = crashRules.map(({ id }) => id)
const sound = await loadSubject(new URL('../mutants/crash.subject.ts', import.meta.url).href)
const torn = await loadSubject(
  new URL('../mutants/crash.subject.ts?fault=an update writes over the file in place', import.meta.url).href,
)

describe('the rules of crashes', () => {
  it('are kept by a sound store', async () => {
    const { results, tiers } = await runConformance(sound, { rules })
    expect(failuresIn(results)).toEqual([])
    expect(tiers.find(({ tier }) => tier === 'crash-safe')).toMatchObject({ isKept: true, passed: rules.length })
  })

  it('take more processes where operations wait for a lock of those that stand', async () => {
    const { results } = await runConformance(locking, { rules: ['CRASH-002', 'CRASH-007'] })
    expect(failuresIn(results)).toEqual([])
    expect(resultOf(results, 'CRASH-002').counts?.processes).toBeGreaterThan(2)
    expect(resultOf(results, 'CRASH-002').counts?.['crash points']).toBe(5 + 2)
  })

  it('are run on a store of which only one process has handles at a time', async () => {
    const { results } = await runConformance(exclusive, { rules })
    expect(failuresIn(results)).toEqual([])
    expect(resultOf(results, 'CRASH-007')).toMatchObject({
      status: 'not-applicable',
      reason: 'the store is not shared by processes',
    })
  })

  it('do not apply where nothing survives, and are not run where the kit can start no process', async () => {
    const { module: _, ...rest } = sound
    expect(await skipped(memory)).toEqual(rules.map(() => 'not-applicable: the store declares that nothing survives'))
    expect(await skipped({ ...memory, module: import.meta.url })).toEqual(await skipped(memory))
    expect(new Set(await skipped(rest))).toEqual(
      new Set(['not-run: needs child processes: give the subject `module: import.meta.url`']),
    )
  })

  it('have a process die before each backend call, right after the call, and right after the answer', async () => {
    const { results } = await runConformance(sound, { rules: ['CRASH-002'] })
    // An update finds, writes what it holds, changes its state and removes what it held.
    expect(resultOf(results, 'CRASH-002').counts).toMatchObject({ processes: 2, 'crash points': 4 + 2 })
  })

  it('tell which crash it was, draw it, and run it again', async () => {
    const { results } = await runConformance(torn, { rules: ['CRASH-002'] })
    const { failure, drawing } = resultOf(results, 'CRASH-002')
    expect(failure?.message).toMatch(/^SIGKILL before backend call 2 of update \(write on\), then load and list: /)
    expect(drawing?.marks).toContainEqual(expect.objectContaining({ lane: 0, label: 'SIGKILL' }))
    expect(drawing?.marks.at(-1)).toMatchObject({ lane: 1, label: 'load and list', isFault: true })
    expect(failure?.replay).toBe('CRASH-002:2')
    const again = resultOf((await replayed(torn, 'CRASH-002:2')).results, 'CRASH-002')
    expect(again.failure?.message).toBe(failure?.message)
    const elsewhere = resultOf((await replayed(torn, 'CRASH-002:called')).results, 'CRASH-002')
    expect(elsewhere).toMatchObject({ status: 'pass', counts: { processes: 1, 'crash points': 1 } })
  })

  it.each(['CRASH-002:99', 'CRASH-006:1', 'CRASH-008:soon'])(
    'say of %s that there is no such crash',
    async (replay) => {
      const { results } = await replayed(sound, replay)
      expect(resultOf(results, replay.slice(0, 9))).toMatchObject({
        status: 'error',
        failure: { message: expect.stringContaining('there is no crash') },
      })
    },
  )

  it('go on to kill writers at random as long as they are asked to', async () => {
    const { results } = await runConformance(sound, { rules: ['CRASH-008'], soakMinutes: 2 / 60, seed: 1 })
    const { status, counts, ms } = resultOf(results, 'CRASH-008')
    expect(status).toBe('pass')
    expect(counts?.['crash points']).toBeGreaterThan(3)
    expect(ms).toBeGreaterThan(2_000)
  })
})

function replayed(subject: Subject, replay: string): Promise<Report> {
  return runConformance(subject, { replay })
}

async function skipped(subject: Subject): Promise<string[]> {
  const { results } = await runConformance(subject, { rules })
  return rules.map((id) => resultOf(results, id)).map(({ status, reason }) => `${status}: ${reason}`)
}

function resultOf(results: readonly RuleResult[], id: string): RuleResult {
  const found = results.find((result) => result.id === id)
  if (found === undefined) throw new Error(`there is no result of ${id}`)
  return found
}

function failuresIn(results: readonly RuleResult[]): unknown[] {
  return results.filter(({ failure }) => failure !== undefined).map(({ id, failure }) => [id, failure?.message])
}
