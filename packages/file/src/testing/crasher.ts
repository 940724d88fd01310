// Runs the operations that are given by their numbers, each on a directory of its own, up to its k-th call of the file system; then dies by SIGKILL.
// Prints every answer that was given before: `<n> <answer as JSON>`; at last, which of them were interrupted.
import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { fileStore } from '../lib/file-store.ts'
import { OPERATIONS } from './operations.ts'
import { watchedFs } from './watched-fs.ts'

const [root = '', k = '1', durability, ...given] = process.argv.slice(2)
const operations = [...OPERATIONS.entries()].filter(([n]) => given.includes(String(n)))
// For those that come after it: a process that is killed does not write it.
flushCompileCache()
const standing = new Set<number>()
const interrupted = new Set<number>()

function stand(n: number): void {
  standing.add(n)
  if (standing.size < operations.length) return
  writeSync(1, `${JSON.stringify([...interrupted])}\n`)
  process.kill(process.pid, 'SIGKILL')
}

for (const [n, operation] of operations) {
  let calls = 0
  const fs = watchedFs(async () => {
    if (++calls < Number(k)) return
    interrupted.add(n)
    stand(n)
    await new Promise(() => {})
  })
  const store = fileStore({ directory: `${root}/${n}`, durability: durability as 'process-crash' | 'power-loss', fs })
  const answered = operation.run(store).then((answer) => {
    if (answer !== undefined) writeSync(1, `${n} ${JSON.stringify(answer)}\n`)
  })
  // Files that are only read are closed after the answer.
  answered.then(() => store.close()).then(() => stand(n))
}
