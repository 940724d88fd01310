import { defineSubject } from '@leeway/conformance'
import { myStore } from './my-store.js'

export default defineSubject({
  name: 'my-store',
  // The same directory and namespace have to be the same records, in every handle.
  open: ({ scratch, namespace, maxPayloadBytes }) => myStore({ directory: scratch, namespace, maxPayloadBytes }),
})
