import { leaseId } from './ids.ts'
import type { ManualClock } from './manual-clock.ts'
import { setup } from './testing-sessions.ts'
import { settled } from './testing-stores.ts'

export const LEASE = 5_000
/** The longest pause between two looks at a lease that others have. */
export const PAUSE = 64

/** Lets time pass, a look at the lease at a time, until the promise has settled. Resolves with how long that took. */
export async function untilSettled(clock: ManualClock, promise: Promise<unknown>): Promise<number> {
  let isSettled = false
  const note = () => {
    isSettled = true
  }
  promise.then(note, note)
  const start = clock.monotonic()
  for (await settled(); !isSettled; await settled()) clock.advance(1)
  return clock.monotonic() - start
}

/** A callback that stays until it is told to go, and how many such there have been at once. */
export class Visits {
  most = 0
  inside = 0
  readonly order: string[] = []

  async stay<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.order.push(name)
    this.most = Math.max(this.most, ++this.inside)
    try {
      return await work()
    } finally {
      this.inside--
    }
  }
}

/** A callback that has begun in one process, and stays inside until it is told to go. */
export async function inside(options: { waitMs?: number; leaseMs?: number } = {}) {
  const world = setup()
  const { token, id } = await world.stored()
  const gate = Promise.withResolvers<void>()
  let isInside = false
  const first = world.sessions.exclusive(
    token,
    async (session) => {
      isInside = true
      await gate.promise
      session.data.n = 1
      return session.save()
    },
    options,
  )
  first.catch(() => {})
  await settled()
  if (!isInside) throw new Error('the callback has not begun')
  world.backend.forget()
  const lease = () => world.records.get(`default:${leaseId(id)}`)
  return { ...world, token, id, first, lease, leave: gate.resolve }
}
