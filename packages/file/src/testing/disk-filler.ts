// Fills the file system that the directory lies on, then looks at what is left, and prints what happened as JSON.
import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isLeewayError } from '@leeway/core/adapter'
import { listed, record, sessionId, sweepAll, version } from '@leeway/testing/records'
import { fileStore } from '../lib/file-store.ts'

const [directory = ''] = process.argv.slice(2)
const reserve = join(dirname(directory), 'reserve')
writeFileSync(reserve, Buffer.alloc(256 * 1024))
const payload = 'x'.repeat(8000)
const store = fileStore({ directory })

const acknowledged: string[] = []
let refusal: unknown
for (let n = 0; refusal === undefined; n++) {
  const batch = Array.from({ length: 8 }, (_, i) => `${n}n${i}`)
  const sessions = batch.map((name, i) => record(name, { payload, owner: i % 2 ? 'alice' : null }))
  const answers = await Promise.allSettled(sessions.map((session) => store.create(session)))
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
const told = (error: unknown) => (isLeewayError(error) ? `${error.code} ${error.operation}` : String(error))
const codeOf = (error: unknown) => (isLeewayError(error) ? (error.cause as { code?: string }).code : undefined)

// What is left of the last page goes as well, so that nothing at all fits.
try {
  for (let n = 0; ; n++) writeFileSync(join(dirname(directory), `rest-${n}`), Buffer.alloc(4096))
} catch {}
const first = record(acknowledged[0] ?? '', { payload, version: version(2) })
const update = await store.update(first, version(1)).catch((error: unknown) => `${told(error)} ${codeOf(error)}`)
const readableWhileFull = await readable()
const destroyed = await store.destroy(sessionId(acknowledged.pop() ?? ''))
const swept = await store.sweep({ cutoff: 0, limit: 9, budgetMs: 60_000 })
rmSync(reserve)
const writesAgain = [
  await store.create(record('afterwards', { payload: 'short' })),
  await store.update(first, version(1)),
]
await store.close()

const reopened = fileStore({ directory })
const all = await listed(reopened)
const owned = await listed(reopened, 'alice')
const { removed } = await sweepAll(reopened, 9_999)
await reopened.close()
console.log(
  JSON.stringify({
    ...{ acknowledged: acknowledged.length + 1, refusal: `${told(refusal)} ${codeOf(refusal)}`, update },
    ...{ readableWhileFull, destroyed, swept: swept.examined, writesAgain, afterReopening: all.length, removed },
    owned: owned.length === all.filter(({ owner }) => owner === 'alice').length,
  }),
)
