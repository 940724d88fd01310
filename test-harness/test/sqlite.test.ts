import { describe, it } from 'vitest'
import { register } from '../src/index.ts'
import subject from '../subjects/sqlite.subject.ts'

const reason = 'SQLite cannot free a row whose chain of pages is broken; the file has to be recovered'

await register(subject, { describe, it, waive: { 'ERROR-006': reason } })
