import { register } from '@leeway/conformance'
import { describe, it } from 'vitest'
import subject from '../stores/broken-store.subject.ts'

await register(subject, { describe, it, seed: 1 })
