// Creates and updates sessions without end, and prints each write once it was acknowledged: `<id> <number>`.
import { sqliteStore } from '../lib/sqlite-store.ts'

const [path = '', run = ''] = process.argv.slice(2)
const store = sqliteStore({ path })

async function write(caller: number): Promise<never> {
  const id = `${run}c${caller}`.padStart(26, '0')
  for (let n = 0, previous = ''; ; n++) {
    const version = String(n).padStart(16, '0')
    const session = { id, version, payload: `${n};`.repeat(500), owner: null, expiresAt: 1, purgeAt: 2 }
    const answer = n === 0 ? await store.create(session) : await store.update(session, previous)
    if (answer !== 'created' && answer !== 'saved') throw new Error(answer)
    // Waits for a reader that is slow; what is not printed yet when the process dies counts as not acknowledged.
    await new Promise((printed) => process.stdout.write(`${id} ${n}\n`, printed))
    previous = version
  }
}
await Promise.all(Array.from({ length: 8 }, (_, caller) => write(caller)))
