// Sweeps due sessions on files without a pause, in a process of its own. It says which session it has checked, and goes on
// to remove it when the parent says so.
import { dueSessions } from './due-sessions.ts'

export interface Tell {
  /** Go on with this session. */
  readonly go?: string
  /** Passes that begin from now on carry this number. */
  readonly pass?: number
  readonly stop?: true
}

export interface Told {
  readonly checked?: string
  /** The number of the pass that has ended. */
  readonly swept?: number
  /** In all passes so far. */
  readonly removed?: number
}

const [kind, directory] = process.argv.slice(2)
if (directory === undefined) throw new Error('usage: due-sweeper-process <naive|file> <directory>')
const sessions = dueSessions(kind, directory)
const held = new Map<string, () => void>()
let pass = 0
let stopped = false
process.on('message', (told: Tell) => {
  if (told.go !== undefined) held.get(told.go)?.()
  pass = told.pass ?? pass
  stopped ||= told.stop === true
})
const tell = (told: Told) =>
  new Promise<void>((resolve, reject) => {
    process.send?.(told, undefined, {}, (error) => (error ? reject(error) : resolve()))
  })

let removed = 0
while (!stopped) {
  const swept = pass
  removed += await sessions.sweep(async (id) => {
    const goes = new Promise<void>((resolve) => held.set(id, resolve))
    await tell({ checked: id })
    await goes
    held.delete(id)
  })
  await tell({ swept, removed })
  await new Promise(setImmediate)
}
await sessions.close()
process.disconnect()
