// Adds 1 to the number in a session, so many times, by compare-and-set, from when it is told to.
import { once } from 'node:events'
import { sqliteStore } from '../lib/sqlite-store.ts'

const [path = '', id = '', name = '', times = '0'] = process.argv.slice(2)
const store = sqliteStore({ path })
console.log('ready')
await once(process.stdin, 'data')
let conflicts = 0
for (let n = 0; n < Number(times); ) {
  const loaded = await store.load(id)
  if (loaded === undefined) throw new Error('the session is gone')
  const version = `${name}-${n}`.padStart(16, '0')
  const answer = await store.update({ ...loaded, version, payload: String(Number(loaded.payload) + 1) }, loaded.version)
  if (answer === 'saved') n++
  else conflicts++
}
await store.close()
console.log(conflicts)
process.stdin.destroy()
