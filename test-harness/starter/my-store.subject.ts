import { defineSubject } from '@leeway/conformance'
import { myStore } from './my-store.ts'

export default defineSubject({
  name: 'my-store',
  module: import.meta.url,
  // The same directory and namespace have to be the same records, in every handle.
  open: ({ scratch, namespace, maxPayloadBytes, step }) =>
    myStore({ directory: scratch, namespace, maxPayloadBytes, step }),
  // The hooks `corrupt` and `fail` unlock more rules: see the README of @leeway/conformance.
})
