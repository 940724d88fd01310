// Has a session to itself, again and again or for good; the parent says when to begin.
import { createSessions } from '@leeway/core'
import { isSharedKind, openStore } from './stores.ts'

export interface Report {
  readonly step: 'ready' | 'inside' | 'done'
  /** When it asked for the session, so that its lease ends no earlier than `leaseMs` after it. */
  readonly at: number
}

const [kind, place, token, rounds, leaseMs] = process.argv.slice(2)
if (!isSharedKind(kind) || place === undefined || token === undefined)
  throw new Error(
    'usage: exclusive-process <sqlite|file|redis> <place> <token> <rounds, or 0 to stay inside> <leaseMs>',
  )

const sessions = createSessions({ store: openStore(kind, place), initialData: () => ({ n: -1 }) })
const options = { waitMs: 60_000, leaseMs: Number(leaseMs) }

process.once('message', async () => {
  if (rounds === '0') await stay(Date.now())
  for (let round = 0; round < Number(rounds); round++) {
    await sessions.exclusive(
      token,
      async (session) => {
        const { n } = session.data
        session.data.n = n + 1
        const { status } = await session.save()
        if (status !== 'saved') throw new Error(`the save of ${n + 1} answered ${status}`)
      },
      options,
    )
  }
  await sessions.close()
  report('done')
  process.disconnect()
})
report('ready')

/** Has the session to itself until the process is killed. */
function stay(at: number): Promise<never> {
  const forGood = () => {
    report('inside', at)
    return new Promise<never>(() => {})
  }
  return sessions.exclusive(token, forGood, options)
}

function report(step: Report['step'], at = Date.now()): void {
  process.send?.({ step, at })
}
