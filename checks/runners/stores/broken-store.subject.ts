import { defineSubject } from '@leeway/conformance'
import { brokenStore } from './broken-store.ts'

export default defineSubject({
  name: 'broken-store',
  open: ({ scratch, namespace, maxPayloadBytes, step }) =>
    brokenStore({ directory: scratch, namespace, maxPayloadBytes, step }),
})
