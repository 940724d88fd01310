import { describe, it } from 'node:test'
import { register } from '@leeway/conformance'
import subject from '../stores/unopened-store.subject.ts'

await register(subject, { describe, it })
