// Opens the store when told to, stores one session, and prints what came of it.
import { once } from 'node:events'
import { isLeewayError } from '@leeway/core/adapter'
import { sqliteStore } from '../lib/sqlite-store.ts'

const [path = '', id = ''] = process.argv.slice(2)
console.log('ready')
await once(process.stdin, 'data')
try {
  const store = sqliteStore({ path })
  const session = { id, version: '0'.repeat(16), payload: '', owner: null, expiresAt: 1, purgeAt: 2 }
  console.log(await store.create(session))
  await store.close()
} catch (error) {
  console.log(isLeewayError(error) ? `${error.code} ${error.message}` : String(error))
}
process.stdin.destroy()
