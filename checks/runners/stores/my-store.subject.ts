import { defineSubject } from '@leeway/conformance'
import { myStore } from './my-store.ts'

export default defineSubject({
  name: 'my-store',
  open: ({ scratch, namespace, maxPayloadBytes }) => myStore({ directory: scratch, namespace, maxPayloadBytes }),
})
