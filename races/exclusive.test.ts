import { createSessions, type Session } from '@leeway/core'
import { describe, expect, test } from 'vitest'
import { Child } from './child.ts'
import type { Report } from './exclusive-process.ts'
import { scratchPlaces } from './scratch.ts'
import { leewayKinds, openStore, type SharedKind, sharedKinds } from './stores.ts'

const ROUNDS = 200
const LEASE_MS = 2_000
const placeOf = scratchPlaces()

/** Sessions on a store, and the token of one that is stored and counts from 0. */
async function counter(kind: (typeof leewayKinds)[number], place: string) {
  const sessions = createSessions({ store: openStore(kind, place), initialData: () => ({ n: -1 }) })
  const session = await sessions.open()
  session.data.n = 0
  const { token } = await session.save()
  if (token === null) throw new Error('a new session has a token')
  return { sessions, token }
}

async function begun(kind: SharedKind, place: string, token: string, rounds: number): Promise<Child<Report>> {
  const args = [kind, place, token, String(rounds), String(LEASE_MS)]
  const child = new Child<Report>('./exclusive-process.ts', args)
  await child.next(({ step }) => step === 'ready')
  return child
}

describe(`two processes, each reading and writing one session ${ROUNDS} times, with save() inside exclusive()`, () => {
  test.each(sharedKinds)(
    '%s counts every one',
    async (kind) => {
      const place = placeOf(kind, `two-${kind}`)
      const { sessions, token } = await counter(kind, place)
      const children = await Promise.all([0, 1].map(() => begun(kind, place, token, ROUNDS)))
      try {
        for (const child of children) child.send({})
        await Promise.all(children.map((child) => child.next(({ step }) => step === 'done')))
        expect(await Promise.all(children.map((child) => child.exited))).toEqual([0, 0])
      } finally {
        for (const child of children) child.kill()
      }
      const { n } = (await sessions.open(token)).data
      await sessions.close()
      console.log(`${kind}: counted ${n}`)
      expect(n).toBe(2 * ROUNDS)
    },
    120_000,
  )
})

describe('a process that is killed while it has a session to itself', () => {
  test.each(sharedKinds)('on %s keeps others out until the end of its lease, and not for good', async (kind) => {
    const place = placeOf(kind, `killed-${kind}`)
    const { sessions, token } = await counter(kind, place)
    const child = await begun(kind, place, token, 0)
    child.send({})
    const { at } = await child.next(({ step }) => step === 'inside')
    child.kill()
    await child.exited
    const killedAt = Date.now()
    await expect(sessions.exclusive(token, () => 'in', { waitMs: 0 })).rejects.toMatchObject({
      code: 'ERR_LOCK_TIMEOUT',
    })
    const enteredAt = await sessions.exclusive(token, () => Date.now(), { waitMs: 60_000 })
    await sessions.close()
    console.log(`${kind}: in ${enteredAt - killedAt} ms after the kill, ${enteredAt - at} ms after its turn began`)
    expect(enteredAt).toBeGreaterThanOrEqual(at + LEASE_MS)
  })
})

describe('100 callers in one process', () => {
  test.each(leewayKinds)('on %s come in one at a time, and each counts', async (kind) => {
    const { sessions, token } = await counter(kind, placeOf(kind, `line-${kind}`))
    let inside = 0
    const increment = async (session: Session<{ n: number }>) => {
      expect(++inside).toBe(1)
      session.data.n++
      await session.save()
      inside--
    }
    await Promise.all(Array.from({ length: 100 }, () => sessions.exclusive(token, increment, { waitMs: 60_000 })))
    const { n } = (await sessions.open(token)).data
    await sessions.close()
    expect(n).toBe(100)
  })
})
