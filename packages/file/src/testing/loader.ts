// Has thousands of calls under way at once in a process that may open few files, and prints what they answered.

import { record, sessionId, version } from '@leeway/testing/records'
import { fileStore } from '../lib/file-store.ts'

const [directory = ''] = process.argv.slice(2)
const store = fileStore({ directory })
const names = Array.from({ length: 600 }, (_, n) => n)
const tally = async (calls: Promise<unknown>[]) => {
  const counts: Record<string, number> = {}
  for (const { status, ...outcome } of await Promise.allSettled(calls)) {
    const answer = 'value' in outcome ? outcome.value : outcome
    const text = typeof answer === 'string' ? answer : status
    counts[text] = (counts[text] ?? 0) + 1
  }
  return counts
}
const create = await tally(names.map((n) => store.create(record(n, { owner: `owner ${n % 50}` }))))
const load = await tally(Array.from({ length: 3_000 }, (_, n) => store.load(sessionId(n % 600))))
const update = await tally(names.map((n) => store.update(record(n, { version: version(2) }), version(1))))
const list = await tally(Array.from({ length: 50 }, () => store.list?.({ limit: 1_000 }) ?? Promise.resolve()))
const destroy = await tally(names.map((n) => store.destroy(sessionId(n))))
await store.close()
console.log(JSON.stringify({ create, load, update, list, destroy }))
