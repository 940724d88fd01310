import { defineSubject } from '@leeway/conformance'
import { fileStore } from '@leeway/file'

export default defineSubject({
  name: 'file',
  open: ({ scratch, namespace, maxPayloadBytes }) => fileStore({ directory: scratch, namespace, maxPayloadBytes }),
})
