import { register } from '@leeway/conformance'
import subject from '../stores/slow-store.subject.ts'

await register(subject, { describe, it, rules: ['LOAD-001'] })
