import { describe, it } from 'node:test'
import { register, rules } from '@leeway/conformance'
import subject from '../stores/broken-store.subject.ts'

const concurrent = rules.filter(({ tier }) => tier === 'concurrent').map(({ id }) => id)
await register(subject, { describe, it, rules: concurrent, seed: 1 })
