import type { StoredSession } from '@leeway/core/adapter'
import { memoryStore } from '@leeway/core/memory'
import { expect, it } from 'vitest'
import { defineSubject, runConformance } from '../src/index.ts'

const MIB = 1_048_576

it.each([4_096, 32_768, 100_000, 32 * MIB, 512 * MIB])(
  'a store keeps the contract with a limit of its own of %i bytes',
  async (maxPayloadBytes) => {
    const places = new Map<string, Map<string, StoredSession>>()
    const subject = defineSubject({
      name: 'a limit of its own',
      open({ scratch, namespace }) {
        const records = places.get(scratch) ?? new Map<string, StoredSession>()
        places.set(scratch, records)
        return memoryStore({ records, namespace, maxPayloadBytes })
      },
      discard: ({ scratch }) => void places.delete(scratch),
    })
    const { results } = await runConformance(subject, { seed: 1 })
    const others = results.filter(({ status }) => !['pass', 'not-applicable', 'not-run'].includes(status))
    expect(others.map(({ id, failure }) => `${id}: ${failure?.message}`)).toEqual([])
  },
  60_000,
)
