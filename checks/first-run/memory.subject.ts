import { defineSubject } from '@leeway/conformance'
import type { StoredSession } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'

const places = new Map<string, Map<string, StoredSession>>()

export default defineSubject({
  name: 'memory',
  open({ scratch, namespace, maxPayloadBytes }) {
    const records = places.get(scratch) ?? new Map()
    places.set(scratch, records)
    return memoryStore({ records, namespace, maxPayloadBytes })
  },
  discard: ({ scratch }) => void places.delete(scratch),
})
