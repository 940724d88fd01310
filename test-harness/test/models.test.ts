import type { StoredSession } from '@leeway/core/adapter'
import { describe, expect, it } from 'vitest'
import { modelMutants } from '../mutants/models.ts'
import { defineSubject, type RuleResult, runConformance, type Subject } from '../src/index.ts'
import { Model } from '../src/rules/models/model.ts'
import { type Operation, recordAnswer } from '../src/rules/operations.ts'
import memory from '../subjects/memory.subject.ts'

const id = 'a'.repeat(26)
const stored: StoredSession = { id, version: 'v'.repeat(16), payload: '', owner: 'me', expiresAt: 1e6, purgeAt: 2e6 }
const create: Operation = { kind: 'create', session: stored }
const load: Operation = { kind: 'load', id }

function modelOf({ isNative = false, now = 0 } = {}): Model {
  const model = new Model(isNative, () => now)
  expect(model.answered(id, create, 'created')).toBeUndefined()
  return model
}

describe('the model', () => {
  it('knows the one right answer', () => {
    const model = modelOf()
    expect(model.answered(id, load, recordAnswer(stored))).toBeUndefined()
    expect(model.answered(id, load, 'nothing')).toEqual([recordAnswer(stored)])
    expect(model.answered(id, { kind: 'destroy', id }, 'gone')).toEqual(['destroyed'])
  })

  it('counts what a sweep has to remove', () => {
    expect(modelOf().sweep(stored.purgeAt - 1)).toBe(0)
    expect(modelOf().sweep(stored.purgeAt)).toBe(1)
  })

  it('lets a backend drop by itself what is due, and nothing else', () => {
    expect(modelOf({ isNative: true, now: stored.purgeAt }).answered(id, load, 'nothing')).toBeUndefined()
    expect(modelOf({ isNative: true, now: stored.purgeAt - 120_000 }).answered(id, load, 'nothing')).toBeDefined()
    expect(modelOf({ now: stored.purgeAt }).answered(id, load, 'nothing')).toBeDefined()
  })

  it('takes what was found gone for gone', () => {
    const model = modelOf({ isNative: true, now: stored.purgeAt })
    expect(model.answered(id, load, 'nothing')).toBeUndefined()
    expect(model.answered(id, load, recordAnswer(stored))).toEqual(['nothing'])
  })

  it('compares lists by what they tell and what they leave out', () => {
    const { owner, expiresAt, purgeAt } = stored
    const listed = { id, owner, expiresAt, purgeAt }
    expect(modelOf().listed([listed], undefined)).toBeUndefined()
    expect(modelOf().listed([listed, listed], 'me')).toBeUndefined()
    expect(modelOf().listed([], 'you')).toBeUndefined()
    expect(modelOf().listed([], 'me')).toMatch(/^no \{/)
    expect(modelOf().listed([listed], 'you')).toMatch(/^a record of owner "me"/)
    expect(modelOf().listed([{ ...listed, expiresAt: 3 }], undefined)).toMatch(/until 3, .*which is not stored so$/)
    expect(modelOf().listed([listed, { ...listed, id: 'b'.repeat(26) }], undefined)).toMatch(/not stored so$/)
  })
})

describe('a script that fails', () => {
  it.each(modelMutants)('is the same, call by call, when it is replayed: $rule, $name', async ({ rule, subject }) => {
    const found = await failureOf(subject, rule, { seed: 1 })
    const again = await failureOf(subject, rule, { replay: found.failure?.replay })
    expect(again.failure?.message).toBe(found.failure?.message)
    expect(again.failure?.replay).toBe(found.failure?.replay)
  })

  it('is made short', async () => {
    const lines = (result: RuleResult) => result.failure?.message.split('\n').slice(1) ?? []
    const unsaved = await failureOf(withFault({ update: async () => 'saved' }), 'MODEL-001', { seed: 3 })
    expect(lines(unsaved).length).toBeLessThanOrEqual(5)
  })

  it('is drawn, call by call, the last one marked', async () => {
    const { drawing } = await failureOf(withFault({ destroy: async () => 'gone' }), 'MODEL-003', { seed: 3 })
    expect(drawing?.lanes).toEqual(['handle 1, namespace 1', 'handle 2, namespace 2'])
    expect(drawing?.marks.findIndex(({ isFault }) => isFault)).toBe((drawing?.marks.length ?? 0) - 1)
  })

  it('fails for a rejection as well', async () => {
    const load = () => Promise.reject(new Error('no connection'))
    const { failure } = await failureOf(withFault({ load }), 'MODEL-001', { seed: 3 })
    expect(failure?.message).toMatch(/load r\d → Error: no connection$/)
    expect(failure?.expected).toBe("'an answer'")
  })
})

describe('MODEL-001', () => {
  it('draws the same scripts from the same seed', async () => {
    const replays = [1, 1, 2].map(async (seed) => {
      const { failure } = await failureOf(withFault({ update: async () => 'saved' }), 'MODEL-001', { seed })
      return failure?.replay
    })
    const [one, same, other] = await Promise.all(replays)
    expect(one).toBe(same)
    expect(one).not.toBe(other)
  })

  it('refuses a case that it cannot have named', async () => {
    const { results } = await runConformance(memory, { replay: 'MODEL-001:x' })
    const result = results.find(({ id }) => id === 'MODEL-001')
    expect(result).toMatchObject({
      status: 'error',
      failure: { message: expect.stringContaining('ERR_INVALID_OPTION') },
    })
  })
})

function withFault(fault: Partial<Awaited<ReturnType<Subject['open']>>>): Subject {
  return defineSubject({
    ...memory,
    name: 'faulty',
    open: async (options) => ({ ...(await memory.open(options)), ...fault }),
  })
}

async function failureOf(subject: Subject, rule: string, options: { seed?: number; replay?: string | undefined }) {
  const { results } = await runConformance(subject, { rules: [rule], ...options })
  const result = results.find(({ id }) => id === rule)
  if (result?.status !== 'fail') throw new Error(`${rule} ended with ${result?.status}`)
  return result
}
