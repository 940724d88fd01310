// Fills the file system that holds the database, then looks at what is left, and prints what happened as JSON.
import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isLeewayError } from '@leeway/core/adapter'
import { record, sessionId } from '@leeway/testing/records'
import { sqliteStore } from '../lib/sqlite-store.ts'

const [path = ''] = process.argv.slice(2)
const reserve = join(dirname(path), 'reserve')
writeFileSync(reserve, Buffer.alloc(256 * 1024))
const payload = 'x'.repeat(8000)
const store = sqliteStore({ path })

const acknowledged: string[] = []
let refusal: unknown
for (let n = 0; refusal === undefined; n++) {
  const batch = Array.from({ length: 8 }, (_, i) => `${n}n${i}`)
  const answers = await Promise.allSettled(batch.map((name) => store.create(record(name, { payload }))))
  for (const [i, answer] of answers.entries()) {
    if (answer.status === 'fulfilled') acknowledged.push(batch[i] as string)
    else refusal = answer.reason
  }
}

const readable = async () => {
  let found = 0
  for (const name of acknowledged) if ((await store.load(sessionId(name)))?.payload === payload) found++
  return found
}
const readableWhileFull = await readable()
rmSync(reserve)
const writesAgain = await store.create(record('afterwards', { payload: 'short' }))
await store.close()
const reopened = sqliteStore({ path })
const afterReopening = (await reopened.list?.({ limit: 10_000 }))?.sessions.length
await reopened.close()

const code = isLeewayError(refusal) ? refusal.code : String(refusal)
const cause = isLeewayError(refusal) ? (refusal.cause as { code?: string }).code : undefined
console.log(
  JSON.stringify({ acknowledged: acknowledged.length, code, cause, readableWhileFull, writesAgain, afterReopening }),
)
