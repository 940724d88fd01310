// Uses a store under a umask that takes nothing away, then has nothing more to do: the process should end.

import { record, version } from '@leeway/testing/records'
import { fileStore } from '../lib/file-store.ts'

const [directory = '', then = 'close'] = process.argv.slice(2)
process.umask(0)
const store = fileStore({ directory })
for (let n = 0; n < 20; n++) await store.create(record(n, { owner: 'alice' }))
await store.update(record(0, { owner: 'bob', version: version(2) }), version(1))
await store.touch(record(1), { expiresAt: 3_000, purgeAt: 4_000 })
if (then === 'close') await store.close()
console.log('nothing left to do')
