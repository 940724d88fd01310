import { register } from '@leeway/conformance'
import { describe, it } from 'vitest'
import subject from '../stores/unopened-store.subject.ts'

await register(subject, { describe, it })
