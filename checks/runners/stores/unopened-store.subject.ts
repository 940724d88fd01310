import { defineSubject } from '@leeway/conformance'

export default defineSubject({
  name: 'unopened-store',
  open: () => Promise.reject(new Error('no server at this address')),
})
