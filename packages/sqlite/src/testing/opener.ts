// Opens the store when told to, as the user given if there is one, stores one session, and prints what came of it.
import { once } from 'node:events'
import { isLeewayError } from '@leeway/core/adapter'
import Database from 'better-sqlite3'
import { sqliteStore } from '../lib/sqlite-store.ts'

const [path = '', id = '', user] = process.argv.slice(2)
console.log('ready')
await once(process.stdin, 'data')
if (user !== undefined) {
  // All that is loaded lazily comes first: the user may not be able to read the folder that this project lies in.
  new Database(':memory:').close()
  process.setgroups?.([])
  process.setgid?.(Number(user))
  process.setuid?.(Number(user))
}
try {
  const store = sqliteStore({ path })
  const session = { id, version: '0'.repeat(16), payload: '', owner: null, expiresAt: 1, purgeAt: 2 }
  console.log(await store.create(session))
  await store.close()
} catch (error) {
  console.log(isLeewayError(error) ? `${error.code} ${error.message}` : String(error))
}
process.stdin.destroy()
