import { runConformance } from '@leeway/conformance'
import { describe, expect, it } from 'vitest'
import subject from './unstorage-store.subject.ts'

/** What a storage with `get`, `set` and `remove` cannot keep, and why. */
const lost: Readonly<Record<string, readonly string[]>> = {
  'the cleanup has checked, a request writes, the cleanup removes': [
    'ORDER-007',
    'ORDER-009',
    'STEP-010',
    'STEP-011',
    'STEP-023',
    'STEP-025',
    'RACE-009',
    'RACE-010',
  ],
  'a request has read, a logout removes, the request writes': [
    'STEP-003',
    'STEP-008',
    'STEP-017',
    'STEP-018',
    'STEP-022',
    'STEP-024',
    'STEP-029',
    'RACE-005',
    'RACE-006',
  ],
  'two have read the same version, both write': [
    'STEP-001',
    'STEP-002',
    'STEP-005',
    'STEP-006',
    'STEP-016',
    'STEP-019',
    'STEP-020',
    'STEP-021',
    'RACE-001',
    'RACE-002',
    'RACE-003',
    'RACE-007',
  ],
  'others come in between, again and again': ['STEP-036', 'STEP-037', 'STEP-038', 'STEP-039', 'STEP-040'],
  'all of that, in random calls at once': ['HISTORY-001', 'HISTORY-002'],
  'two have seen the record, both remove it': ['STEP-009', 'STEP-014', 'STEP-015', 'RACE-004', 'RACE-011'],
}

describe('the store over unstorage', () => {
  it('breaks the rules that take a conditional write, and no others', async () => {
    const { results, level } = await runConformance(subject, { seed: 1 })
    const failed = results.filter(({ status }) => status === 'fail').map(({ id }) => id)
    expect(failed.sort()).toEqual(Object.values(lost).flat().sort())
    expect(results.filter(({ status }) => status === 'error')).toEqual([])
    expect(level).toBe('core')
  })
})
