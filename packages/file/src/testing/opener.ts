// Opens the store when told to, as the user given if there is one, stores one session, and prints what came of it.
import { once } from 'node:events'
import { isLeewayError } from '@leeway/core/adapter'
import { fileStore } from '../lib/file-store.ts'

const [directory = '', id = '', user] = process.argv.slice(2)
console.log('ready')
await once(process.stdin, 'data')
if (user !== undefined) {
  process.setgroups?.([])
  process.setgid?.(Number(user))
  process.setuid?.(Number(user))
}
try {
  const store = fileStore({ directory })
  const session = { id, version: '0'.repeat(16), payload: '', owner: 'alice', expiresAt: 1, purgeAt: 2 }
  console.log(await store.create(session))
  await store.close()
} catch (error) {
  console.log(isLeewayError(error) ? `${error.code} ${error.operation} ${error.message}` : String(error))
}
process.stdin.destroy()
