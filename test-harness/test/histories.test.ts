import type { StoredSession } from '@leeway/core/adapter'
import { describe, expect, it } from 'vitest'
import { historyMutants } from '../mutants/histories.ts'
import { ProcessEnded } from '../src/engine/child-process.ts'
import { type Call, findUnexplained } from '../src/engine/linearizable.ts'
import { runConformance, type Subject } from '../src/index.ts'
import { History, runLane } from '../src/rules/histories/history.ts'
import { callsOn, recordSpecification } from '../src/rules/histories/record-specification.ts'
import { drawScript } from '../src/rules/histories/script.ts'
import { type Operation, recordAnswer } from '../src/rules/operations.ts'
import memory from '../subjects/memory.subject.ts'

const id = 'a'.repeat(26)
const first: StoredSession = { id, version: 'v'.repeat(16), payload: '1', owner: null, expiresAt: 10, purgeAt: 20 }
const second: StoredSession = { ...first, version: 'w'.repeat(16), payload: '2' }
const create: Operation = { kind: 'create', session: first }
const load: Operation = { kind: 'load', id }
const destroy: Operation = { kind: 'destroy', id }
const update: Operation = { kind: 'update', session: second, expected: first.version }

/** One call after another. */
function inTurn(...calls: readonly (readonly [Operation, string])[]): Call<Operation>[] {
  return calls.map(([operation, answer], n) => ({ lane: 0, start: 2 * n, end: 2 * n + 1, operation, answer }))
}

function isExplained(calls: readonly Call<Operation>[], dropsUntil?: number): boolean {
  return findUnexplained(calls, recordSpecification(dropsUntil)) === undefined
}

describe('the history of a record', () => {
  it('has no load of what was destroyed', () => {
    const calls = inTurn([create, 'created'], [destroy, 'destroyed'])
    expect(isExplained([...calls, ...shifted(inTurn([load, 'nothing']))])).toBe(true)
    expect(isExplained([...calls, ...shifted(inTurn([load, recordAnswer(first)]))])).toBe(false)
  })

  it('has a save that was under way during a logout before it, or not at all', () => {
    const [created, destroyed] = inTurn([create, 'created'], [destroy, 'destroyed'])
    const save = (answer: string): Call<Operation> => ({ lane: 1, start: 1.5, end: 9, operation: update, answer })
    const after = shifted(inTurn([load, 'nothing']))
    for (const answer of ['saved', 'gone'])
      expect(isExplained([...all(created, destroyed, save(answer)), ...after])).toBe(true)
    const back = shifted(inTurn([load, recordAnswer(second)]))
    for (const answer of ['saved', 'gone'])
      expect(isExplained([...all(created, destroyed, save(answer)), ...back])).toBe(false)
  })

  it('lets a sweep remove it once it is due, and not before', () => {
    const swept = (cutoff: number) =>
      inTurn([create, 'created'], [{ kind: 'sweep', cutoff }, 'removed 1'], [load, 'nothing'])
    expect(isExplained(swept(20))).toBe(true)
    expect(isExplained(swept(19))).toBe(false)
  })

  it('lets a sweep leave it, and never remove it after its own end', () => {
    const sweep: Operation = { kind: 'sweep', cutoff: 20 }
    const calls = inTurn([create, 'created'], [sweep, 'removed 0'], [load, recordAnswer(first)], [load, 'nothing'])
    expect(isExplained(calls.slice(0, 3))).toBe(true)
    expect(isExplained(calls)).toBe(false)
  })

  it('may end at its purge time where the backend purges by itself', () => {
    const calls = inTurn([create, 'created'], [load, 'nothing'])
    expect(isExplained(calls, 20)).toBe(true)
    expect(isExplained(calls, 19)).toBe(false)
    expect(isExplained(calls)).toBe(false)
  })

  it('is that of its own calls and of all sweeps', () => {
    const other: Operation = { kind: 'destroy', id: 'b'.repeat(26) }
    const calls = inTurn([create, 'created'], [other, 'gone'], [{ kind: 'sweep', cutoff: 0 }, 'removed 0'])
    expect(callsOn(id, calls)).toEqual([calls[0], calls[2]])
  })
})

describe('a script', () => {
  it('is the same for the same seed', () => {
    expect(drawScript(7, 8)).toEqual(drawScript(7, 8))
    expect(drawScript(7, 8)).not.toEqual(drawScript(8, 8))
  })

  it('is on one to three records, for two to four callers', () => {
    const drawn = Array.from({ length: 200 }, (_, seed) => drawScript(seed, 8))
    expect(new Set(drawn.map(({ ids }) => ids.length))).toEqual(new Set([1, 2, 3]))
    expect(new Set(drawn.map(({ lanes }) => lanes.length))).toEqual(new Set([2, 3, 4]))
  })

  it('comes to every operation, and to records that are due', () => {
    const calls = Array.from({ length: 50 }, (_, seed) => drawScript(seed, 8).lanes.flat()).flat()
    expect(new Set(calls.map(({ kind }) => kind)).size).toBe(7)
    expect(calls.some(({ kind, atMs }) => kind === 'sweep' && atMs > 120_000)).toBe(true)
  })
})

describe('a call in a process that is killed', () => {
  it('has an unknown outcome, and is the last of its lane', async () => {
    const history = new History('1')
    const script = drawScript(1, 8)
    let calls = 0
    const dying = async () => {
      if (++calls === 3) throw new ProcessEnded('killed')
      return { answer: 'nothing' }
    }
    const running = runLane(history, dying, { script, lane: 0, start: 0 }, async () => {})
    await expect(running).rejects.toBeInstanceOf(ProcessEnded)
    expect(history.calls.map(({ end }) => end !== undefined)).toEqual([true, true, false])
  })
})

describe('HISTORY-002', () => {
  const scheduled = historyMutants.filter(
    ({ rule, name }) => rule === 'HISTORY-002' && !name.includes('once in thirty'),
  )

  it.each(scheduled)('fails again, call by call, when its case is replayed: $name', async ({ subject }) => {
    const found = await failureOf(subject, { seed: 1 })
    const again = await failureOf(subject, { replay: found.failure?.replay })
    expect(again.failure?.message).toBe(found.failure?.message)
    expect(again.drawing).toEqual(found.drawing)
    expect(again.counts).toMatchObject({ histories: 1 })
  })

  it('fails in the same case with the same seed', async () => {
    const [mutant] = scheduled
    if (!mutant) throw new Error('there is no mutant of HISTORY-002')
    const replays = [await failureOf(mutant.subject, { seed: 5 }), await failureOf(mutant.subject, { seed: 5 })]
    expect(replays[0]?.failure?.replay).toBe(replays[1]?.failure?.replay)
  })

  it('draws what contradicts itself, the fault marked', async () => {
    const { drawing } = await failureOf(scheduled[0]?.subject ?? memory, { seed: 2 })
    expect(drawing?.marks.filter(({ isFault }) => isFault)).toHaveLength(1)
    for (const { lane, from, to, answer } of drawing?.marks ?? []) {
      expect(drawing?.lanes[lane]).toMatch(/^handle \d$/)
      expect(to).toBeGreaterThan(from)
      expect(answer).toBeDefined()
    }
  })

  it('goes on for as long as it is to soak', async () => {
    const soaked = await runConformance(memory, { rules: ['HISTORY-002'], seed: 1, soakMinutes: 0.05 })
    expect(soaked.results.find(({ id }) => id === 'HISTORY-002')?.ms).toBeGreaterThan(2_900)
  })

  it('refuses a case that it cannot have named', async () => {
    const { results } = await runConformance(memory, { replay: 'HISTORY-002:abba' })
    const result = results.find(({ id }) => id === 'HISTORY-002')
    expect(result).toMatchObject({
      status: 'error',
      failure: { message: expect.stringContaining('ERR_INVALID_OPTION') },
    })
  })
})

function shifted(calls: readonly Call<Operation>[]): Call<Operation>[] {
  return calls.map((call) => ({ ...call, start: call.start + 100, end: (call.end ?? 0) + 100 }))
}

function all<T>(...items: readonly (T | undefined)[]): T[] {
  return items.filter((item) => item !== undefined)
}

async function failureOf(subject: Subject, options: { readonly seed?: number; readonly replay?: string | undefined }) {
  const { results } = await runConformance(subject, { rules: ['HISTORY-002'], ...options })
  const result = results.find(({ id }) => id === 'HISTORY-002')
  if (result?.status !== 'fail') throw new Error(`HISTORY-002 ended with ${result?.status}`)
  return result
}
