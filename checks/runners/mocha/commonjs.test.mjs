import { register } from '@leeway/conformance'
import subject from '../stores/my-store.subject.cjs'

await register(subject, { describe, it, rules: ['CREATE-001', 'STEP-002', 'ERROR-004'] })
