import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { mutants } from '../mutants/index.ts'
import { type Kill, kill } from '../mutants/kill.ts'
import { knownFaults } from '../mutants/known-faults.ts'
import type { Mutant } from '../mutants/mutant.ts'
import { MUTANTS_PAGE, pageOf } from '../mutants/page.ts'
import { rules } from '../src/index.ts'
import memory from '../subjects/memory.subject.ts'

const kills = new Map<Mutant, Kill>()

async function killOnce(mutant: Mutant): Promise<Kill> {
  const known = kills.get(mutant) ?? (await kill(mutant))
  kills.set(mutant, known)
  return known
}

describe('mutants', () => {
  it.each(mutants)('$rule catches: $name', async (mutant) => {
    expect((await killOnce(mutant)).complaint).toBeUndefined()
  })

  it('have names of their own', () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  })

  it('leave no rule that has never been seen to fail', () => {
    const named = new Set(mutants.map(({ rule }) => rule))
    expect(rules.map(({ id }) => id).filter((id) => !named.has(id))).toEqual([])
  })

  it('stand for each of the faults that stores are most often found to have', () => {
    for (const { fault, mutants } of knownFaults()) expect(mutants, fault).not.toEqual([])
  })

  it('stand in docs/mutants.md, with what the kit says of them now (mutants/table.ts writes it)', async () => {
    const all: Kill[] = []
    for (const mutant of mutants) all.push(await killOnce(mutant))
    // How many of many records there are depends on how many a busy machine has had the time to create.
    const steady = (page: string) => page.replace(/(of many records that were due: )\d+, not \d+/, '$1fewer')
    expect(steady(readFileSync(MUTANTS_PAGE, 'utf8'))).toBe(steady(pageOf(all)))
  })
})

describe('a mutant is complained of', () => {
  const upsert = mutants.find(({ name }) => name === 'update inserts (upsert)') as Mutant

  it('when it names a rule that does not exist', async () => {
    expect((await kill({ ...upsert, rule: 'UPDATE-999' })).complaint).toBe('there is no rule UPDATE-999')
  })

  it('when it survives its rule, or its rule does not apply', async () => {
    const unbroken = { ...upsert, name: 'nothing is broken', subject: memory }
    expect((await kill(unbroken)).complaint).toBe('UPDATE-002 does not catch "nothing is broken": pass')
    const elsewhere = { ...upsert, rule: 'ERROR-004' }
    expect((await kill(elsewhere)).complaint).toBe(`ERROR-004 does not catch "${upsert.name}": not-applicable`)
  })

  it('when the kit says something else of it than it names', async () => {
    const { complaint, failure } = await kill({ ...upsert, message: 'a payload that came back changed' })
    expect(complaint).toBe(`UPDATE-002 says of "${upsert.name}": ${failure?.message}`)
  })
})
