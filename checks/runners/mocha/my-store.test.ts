import { register } from '@leeway/conformance'
import subject from '../stores/my-store.subject.ts'

await register(subject, { describe, it })
