import { defineSubject } from '@leeway/conformance'
import { lmdbStore } from './lmdb-store.ts'

export default defineSubject({
  name: 'lmdb',
  module: import.meta.url,
  open: ({ scratch, namespace, maxPayloadBytes, step }) =>
    lmdbStore({ path: scratch, namespace, maxPayloadBytes, step }),
})
