import { setTimeout as delay } from 'node:timers/promises'
import { defineSubject } from '@leeway/conformance'
import myStore from './my-store.subject.ts'

/** Takes longer to open than the runners are told to wait for a test. */
export default defineSubject({
  ...myStore,
  name: 'slow-store',
  async open(options) {
    await delay(200)
    return myStore.open(options)
  },
})
