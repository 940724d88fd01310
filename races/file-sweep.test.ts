import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Child } from './child.ts'
import { type DueSessions, dueSessions } from './due-sessions.ts'
import type { Told } from './due-sweeper-process.ts'
import { scratchDirectory } from './scratch.ts'

const SESSIONS = 10_000
const BATCH = 100
/** When the sweeper, which has found a session due, goes on to remove it. */
const moments = ['before the save', 'at its rename', 'after the save'] as const
const PATIENCE_MS = 300_000
const scratch = scratchDirectory({ inMemory: true })

type Moment = (typeof moments)[number]

interface Tally {
  acknowledged: number
  gone: number
  /** Acknowledged, and not there. */
  lost: number
  /** Gone, and there. */
  resurrected: number
}

test(
  `${SESSIONS} sessions, each saved between a sweep's check and its removal: leeway on file loses no acknowledged save`,
  async () => {
    const { tallies, removed } = await meet('file')
    const gone = sum(tallies, 'gone')
    expect(sum(tallies, 'acknowledged') + gone).toBe(SESSIONS)
    expect(sum(tallies, 'lost')).toBe(0)
    expect(sum(tallies, 'resurrected')).toBe(0)
    expect(removed).toBe(gone)
    // They have met: now one was first, now the other.
    expect(gone).toBeGreaterThan(0)
    expect(tallies['after the save'].gone).toBe(0)
  },
  PATIENCE_MS,
)

test(
  'the naive store on files loses some',
  async () => {
    const { tallies } = await meet('naive')
    expect(sum(tallies, 'acknowledged')).toBe(SESSIONS)
    expect(sum(tallies, 'lost')).toBeGreaterThan(0)
  },
  PATIENCE_MS,
)

async function meet(kind: 'file' | 'naive') {
  const directory = join(scratch, kind)
  const sessions = dueSessions(kind, directory)
  const sweeper = new Child<Told>('./due-sweeper-process.ts', [kind, directory])
  const tally = (): Tally => ({ acknowledged: 0, gone: 0, lost: 0, resurrected: 0 })
  const tallies = { 'before the save': tally(), 'at its rename': tally(), 'after the save': tally() }
  let removed = 0
  try {
    for (let first = 0; first < SESSIONS; first += BATCH) removed = await meetBatch(sessions, sweeper, first, tallies)
    sweeper.send({ stop: true })
    expect(await sweeper.exited).toBe(0)
  } finally {
    sweeper.kill()
    await sessions.close()
  }
  for (const moment of moments) console.log(`${kind}, removal ${moment}: ${JSON.stringify(tallies[moment])}`)
  console.log(`${kind}: lost ${sum(tallies, 'lost')} of ${sum(tallies, 'acknowledged')} acknowledged saves`)
  return { tallies, removed }
}

/** Saves each session when the sweeper has checked it; resolves with what the sweeper has removed so far. */
async function meetBatch(
  sessions: DueSessions,
  sweeper: Child<Told>,
  first: number,
  tallies: Record<Moment, Tally>,
): Promise<number> {
  const ids = Array.from({ length: BATCH }, (_, n) => String(first + n).padStart(26, '0'))
  const started = Promise.all(ids.map((id) => sessions.start(id)))
  const saves: ReturnType<typeof save>[] = []
  while (saves.length < BATCH) {
    const { checked } = await sweeper.next((told) => told.checked !== undefined)
    if (checked !== undefined) saves.push(save(sessions, sweeper, checked))
  }
  await started
  const answers = await Promise.all(saves)
  // A whole pass after all of them.
  sweeper.send({ pass: first + 1 })
  const { removed = 0 } = await sweeper.next(({ swept }) => swept === first + 1)
  const found = await Promise.all(ids.map((id) => sessions.isRenewed(id)))
  for (const { id, moment, answer } of answers) {
    const tally = tallies[moment]
    const isThere = found[ids.indexOf(id)]
    tally[answer]++
    if (answer === 'acknowledged' && !isThere) tally.lost++
    if (answer === 'gone' && isThere) tally.resurrected++
  }
  await Promise.all(ids.map((id) => sessions.destroy(id)))
  return removed
}

async function save(sessions: DueSessions, sweeper: Child<Told>, id: string) {
  const moment = moments[Number(id) % moments.length] as Moment
  const go = () => sweeper.send({ go: id })
  if (moment === 'before the save') go()
  const answer = await sessions.renew(id, moment === 'at its rename' ? go : () => {})
  if (moment === 'after the save') go()
  return { id, moment, answer }
}

function sum(tallies: Record<Moment, Tally>, of: keyof Tally): number {
  return moments.reduce((total, moment) => total + tallies[moment][of], 0)
}
