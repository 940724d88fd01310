import type { StoredSession } from '@leeway/core/adapter'
import { memoryStore } from '@leeway/core/memory'
import { defineSubject } from '../src/index.ts'

/** The records of each scratch directory, so that two handles on it share them. */
const storages = new Map<string, Map<string, StoredSession>>()

function recordsOf(scratch: string): Map<string, StoredSession> {
  const records = storages.get(scratch) ?? new Map<string, StoredSession>()
  storages.set(scratch, records)
  return records
}

export default defineSubject({
  name: 'memory',
  open: ({ scratch, namespace, maxPayloadBytes }) =>
    memoryStore({ records: recordsOf(scratch), namespace, maxPayloadBytes }),
  discard: ({ scratch }) => void storages.delete(scratch),
})
