import { describe, it } from 'vitest'
import { register } from '../src/index.ts'
import subject from '../subjects/file.subject.ts'

await register(subject, { describe, it })
