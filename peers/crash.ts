import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expectOneOf, expectThat } from '../test-harness/src/engine/expect.ts'
import { rules } from '../test-harness/src/index.ts'
import { RunningProcess } from '../testing/src/running-process.ts'
import type { Check } from './check.ts'
import { unfollow } from './clock.ts'
import { get } from './express-api.ts'
import type { Trial } from './trial.ts'

const SESSIONS = 3
const child = fileURLToPath(new URL('crash-child.ts', import.meta.url))

export const crashCheck: Check = {
  name: 'crash',
  rules: rules.filter(({ tier }) => tier === 'crash-safe').map(({ id }) => id),
  title: 'after a kill -9 during `set`, each session is whole, and the last that was acknowledged or the one under way',
  notOf: ({ storage }) => {
    if (storage === 'process') return 'its sessions end with the process'
    return storage === 'server' ? 'its sessions are in a server, which is not killed here' : undefined
  },
  async check(trial) {
    // The child has the real time.
    unfollow()
    for (let round = 1; round <= trial.services.kills; round++) await killOnce(trial, round)
  },
}

async function killOnce(trial: Trial, round: number): Promise<void> {
  const { peer, services } = trial
  const directory = join(trial.scratch, `crash-${round}`)
  mkdirSync(directory)
  trial.begin()
  const base = services.load.resolve('express-session')
  const args = ['--conditions=@leeway/source', child, peer.name, directory, base]
  const running = new RunningProcess(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }))
  // A little after an acknowledgement, each round at another distance.
  await running.printed(10 * round)
  await new Promise((resolve) => setTimeout(resolve, round % 4))
  running.child.kill('SIGKILL')
  await running.ended()
  const last = Number(running.lines.at(-1))
  trial.note(`killed after set ${last} was acknowledged`)
  const { store, close } = await peer.open(directory, services)
  for (let id = 0; id < SESSIONS; id++) {
    const acknowledged = last - ((last - id + SESSIONS) % SESSIONS)
    const session = await get(store, `session-${id}`)
    trial.note(`get('session-${id}') → ${session ? `{ n: ${session.n}, filling: … }` : 'nothing'}`)
    expectThat(session !== undefined, 'an acknowledged session is lost')
    const allowed = (last + 1) % SESSIONS === id ? [acknowledged, last + 1] : [acknowledged]
    expectOneOf(session.n, allowed, 'which save is there')
    expectThat(session.filling === String(Number(session.n) % 10).repeat(5_000), 'a session is torn')
  }
  await close?.()
}
