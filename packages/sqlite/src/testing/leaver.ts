// Writes until the checkpoint worker is at work, then has nothing more to do: the process should end.
import { sqliteStore } from '../lib/sqlite-store.ts'

const [path = '', then = 'close'] = process.argv.slice(2)
const store = sqliteStore({ path })
const payload = 'x'.repeat(100_000)
for (let n = 0; n < 200; n++) {
  const id = String(n).padStart(26, '0')
  await store.create({ id, version: '0'.repeat(16), payload, owner: null, expiresAt: 1, purgeAt: 2 })
}
if (then === 'close') await store.close()
console.log('nothing left to do')
