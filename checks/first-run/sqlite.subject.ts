import { join } from 'node:path'
import { defineSubject } from '@leeway/conformance'
import { sqliteStore } from '@leeway/sqlite'

export default defineSubject({
  name: 'sqlite',
  open: ({ scratch, namespace, maxPayloadBytes }) =>
    sqliteStore({ path: join(scratch, 'sessions.db'), namespace, maxPayloadBytes }),
})
