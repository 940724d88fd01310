import { describe, expect, it } from 'vitest'
import type { Session } from '../sessions/session.ts'
import { rejectionOf } from '../testing-errors.ts'
import { recordEvents } from '../testing-events.ts'
import { LEASE } from '../testing-exclusive.ts'
import { type Data, setup, TOUCH, tokenIn } from '../testing-sessions.ts'
import { settled } from '../testing-stores.ts'

const writes: Record<string, (session: Session<Data>) => Promise<unknown>> = {
  save: (session) => {
    session.data.b = 'mine'
    return session.save()
  },
  'save of a key that the other one left alone, under the option to overwrite,': (session) => {
    session.data.c = 'mine'
    return session.save()
  },
  update: (session) => session.update((data) => void data.n++),
  'update that finds nothing to do': (session) => session.update(() => {}),
  login: (session) => session.login('bob'),
  rotate: (session) => session.rotate(),
  'save of a flash value': (session) => {
    session.flash('notice', 'mine')
    return session.save()
  },
}

const others: Record<string, (session: Session<Data>) => Promise<unknown>> = {
  update: (session) => session.update((data) => void Object.assign(data, { b: 'theirs' })),
  login: (session) => session.login('alice'),
  rotation: (session) => session.rotate(),
}

describe.each(Object.entries(writes))('inside exclusive, a %s', (_name, write) => {
  it.each(Object.entries(others))(
    'after the %s of somebody else is refused, and changes nothing',
    async (_what, other) => {
      for (const where of ['sessions', 'elsewhere'] as const) {
        const world = setup({ onConflict: 'overwrite' })
        const { sessions, stored, records } = world
        const { token, id } = await stored()
        await sessions.exclusive(token, async (session) => {
          await other(await world[where].open(token))
          const before = records.get(`default:${id}`)
          for (let i = 0; i < 2; i++) {
            expect(await rejectionOf(write(session))).toMatchObject({ code: 'ERR_LOCK_LOST', id: `${id.slice(0, 6)}…` })
          }
          expect(records.get(`default:${id}`)).toEqual(before)
        })
      }
    },
  )

  it('goes through after a touch of somebody else, which writes nothing of the session', async () => {
    const { sessions, elsewhere, stored, clock } = setup()
    const { token } = await stored()
    clock.advance(TOUCH)
    await sessions.exclusive(token, async (session) => {
      expect((await (await elsewhere.open(token)).save()).status).toBe('touched')
      await write(session)
    })
  })
})

describe('inside exclusive, a save', () => {
  it('without changes, when a touch is due, is refused after a write of somebody else', async () => {
    const { sessions, elsewhere, stored, clock } = setup()
    const { token } = await stored()
    clock.advance(TOUCH)
    await sessions.exclusive(token, async (session) => {
      await (await elsewhere.open(token)).update((data) => void data.n++)
      expect(await rejectionOf(session.save())).toMatchObject({ code: 'ERR_LOCK_LOST', operation: 'save' })
    })
  })

  it('without changes touches, when a touch is due', async () => {
    const { sessions, stored, clock } = setup()
    const { token } = await stored()
    expect((await sessions.exclusive(token, (session) => session.save())).status).toBe('unchanged')
    clock.advance(TOUCH)
    expect((await sessions.exclusive(token, (session) => session.save())).status).toBe('touched')
  })

  it('after a logout answers gone, and an update or a login rejects', async () => {
    const { sessions, elsewhere, stored } = setup()
    const { token } = await stored()
    await sessions.exclusive(token, async (session) => {
      await (await elsewhere.open(token)).destroy()
      expect((await rejectionOf(session.update(() => {}))).code).toBe('ERR_GONE')
      expect((await session.save()).status).toBe('gone')
      expect((await session.rotate()).status).toBe('gone')
      expect((await rejectionOf(session.login('alice'))).code).toBe('ERR_CONFLICT')
    })
  })

  it('that loses its race in a store too slow to try again is refused in the same way', async () => {
    const { sessions, elsewhere, stored, backend } = setup({ updateTimeoutMs: 1 })
    const { token } = await stored()
    await sessions.exclusive(token, async (session) => {
      await (await elsewhere.open(token)).update((data) => void data.n++)
      backend.beforeNext('update', async () => {
        const start = performance.now()
        while (performance.now() - start < 2);
      })
      session.data.b = 1
      expect((await rejectionOf(session.save())).code).toBe('ERR_LOCK_LOST')
    })
  })

  it('is one of several, each on top of the last', async () => {
    const { sessions, stored, open } = setup()
    const { token } = await stored()
    const loggedIn = await sessions.exclusive(token, async (session) => {
      for (let i = 0; i < 3; i++) {
        session.data.n++
        await session.save()
        await session.update((data) => void data.n++)
      }
      return session.login('alice')
    })
    expect((await open(tokenIn(loggedIn))).data.n).toBe(6)
  })

  it('waits for the writes of this process that came before it, and is refused after them', async () => {
    const { sessions, stored, open } = setup()
    const { token } = await stored()
    await sessions.exclusive(token, async (session) => {
      const updating = (await open(token)).update((data) => void data.n++)
      session.data.b = 1
      expect((await rejectionOf(session.save())).code).toBe('ERR_LOCK_LOST')
      expect((await updating).n).toBe(1)
    })
    expect((await open(token)).data).toEqual({ n: 1, a: 'stored' })
  })

  it('that has waited in the process for longer than the lease is refused, also where nobody else wrote', async () => {
    const { sessions, stored, open, backend, clock } = setup()
    const { token } = await stored()
    await sessions.exclusive(token, async (session) => {
      const plain = await open(token)
      const held = backend.holdNext('load')
      const reading = plain.update(() => {})
      await held.reached
      session.data.b = 1
      const refused = rejectionOf(session.save())
      await settled()
      clock.jumpTo(clock.now() + LEASE)
      held.release()
      await reading
      expect((await refused).code).toBe('ERR_LOCK_LOST')
    })
    expect((await open(token)).data).toEqual({ n: 0, a: 'stored' })
  })

  it('that has waited in its handle for longer than the lease is refused, also if it only touches', async () => {
    const { sessions, stored, backend, clock } = setup()
    const { token } = await stored()
    await sessions.exclusive(token, async (session) => {
      const held = backend.holdNext('update')
      const rotating = session.rotate()
      await held.reached
      const refused = rejectionOf(session.save())
      clock.jumpTo(clock.now() + LEASE)
      held.release()
      expect((await rotating).status).toBe('saved')
      expect((await refused).code).toBe('ERR_LOCK_LOST')
    })
  })

  it('that is refused is told to listeners as a conflict', async () => {
    const { sessions, elsewhere, stored } = setup()
    const { token, id } = await stored()
    await sessions.exclusive(token, async (session) => {
      await (await elsewhere.open(token)).update((data) => void data.n++)
      session.data.b = 1
      using events = recordEvents()
      await rejectionOf(session.save())
      expect(events.named('leeway:session:conflict')).toEqual([{ id, attempts: 1 }])
    })
  })
})

it('a rotation is confirmed by the opening, before the callback, and a parallel request that confirms it does no harm', async () => {
  const { sessions, elsewhere, stored, open, backend } = setup()
  const { token } = await stored()
  const pending = tokenIn(await (await open(token)).rotate())
  backend.beforeNext('update', () => elsewhere.open(pending))
  const { status } = await sessions.exclusive(pending, (session) => {
    session.data.b = 1
    return session.save()
  })
  expect(status).toBe('saved')
})

describe('inside exclusive, flash values', () => {
  async function flashed() {
    const world = setup()
    const { token, id } = await world.stored()
    const session = await world.open(token)
    session.flash('notice', 'stored')
    await session.save()
    return { ...world, token, id }
  }

  it('are taken and left like anywhere', async () => {
    const { sessions, open, token } = await flashed()
    await sessions.exclusive(token, async (session) => {
      expect(await session.takeFlash('notice')).toEqual(['stored'])
      session.flash('notice', 'next')
      expect((await session.save()).status).toBe('saved')
    })
    expect(await (await open(token)).takeFlash('notice')).toEqual(['next'])
  })

  it.each(Object.entries(others))('are not taken after the %s of somebody else', async (_what, other) => {
    for (const where of ['sessions', 'elsewhere'] as const) {
      const world = await flashed()
      const { sessions, token, id, records } = world
      await sessions.exclusive(token, async (session) => {
        await other(await world[where].open(token))
        const before = records.get(`default:${id}`)
        expect((await rejectionOf(session.takeFlash('notice'))).code).toBe('ERR_LOCK_LOST')
        expect(records.get(`default:${id}`)).toEqual(before)
      })
    }
  })

  it('that somebody else took first are not taken again', async () => {
    const { sessions, elsewhere, token } = await flashed()
    await sessions.exclusive(token, async (session) => {
      expect(await (await elsewhere.open(token)).takeFlash('notice')).toEqual(['stored'])
      expect((await rejectionOf(session.takeFlash('notice'))).code).toBe('ERR_LOCK_LOST')
    })
  })

  it.each([
    [-1, undefined],
    [0, 'ERR_LOCK_LOST'],
    [1, 'ERR_LOCK_LOST'],
  ])('at %i ms after the end of the lease: %s', async (offset, code) => {
    const { sessions, token, clock } = await flashed()
    await sessions.exclusive(
      token,
      async (session) => {
        clock.jumpTo(clock.now() + LEASE + offset)
        if (code === undefined) expect(await session.takeFlash('notice')).toEqual(['stored'])
        else expect((await rejectionOf(session.takeFlash('notice'))).code).toBe(code)
      },
      { leaseMs: LEASE },
    )
  })
})

describe('inside exclusive, the first to come back to a new session', () => {
  async function begun() {
    const world = setup({ firstIdleTimeoutMs: TOUCH })
    return { ...world, ...(await world.stored()) }
  }

  it('ends its first lifetime with a save', async () => {
    const { sessions, open, token, clock } = await begun()
    await sessions.exclusive(token, async (session) => expect((await session.save()).status).toBe('touched'))
    clock.advance(TOUCH)
    expect((await open(token)).data.n).toBe(0)
  })

  it('is refused where somebody else came first, since that was a write', async () => {
    const { sessions, elsewhere, token } = await begun()
    await sessions.exclusive(token, async (session) => {
      expect((await (await elsewhere.open(token)).save()).status).toBe('touched')
      expect((await rejectionOf(session.save())).code).toBe('ERR_LOCK_LOST')
    })
  })
})

it('a session of a newer release is refused, and the lease is released', async () => {
  const newer = setup({ dataVersion: 2, migrate: ({ n }) => ({ n: Number(n) }) })
  const { sessions, records } = setup()
  const { token } = await newer.stored()
  for (const [id, stored] of newer.records) records.set(id, stored)
  for (let i = 0; i < 2; i++) {
    const refused = sessions.exclusive(token, () => 'inside', { waitMs: 0 })
    expect((await rejectionOf(refused)).code).toBe('ERR_NEWER_DATA')
  }
})

it('inside exclusive, a write of a newer release is that of somebody else', async () => {
  const { sessions, stored, records } = setup()
  const newer = setup({ dataVersion: 2, migrate: ({ n }) => ({ n: Number(n) }) })
  const { token } = await stored()
  await sessions.exclusive(token, async (session) => {
    for (const [id, record] of records) newer.records.set(id, record)
    await (await newer.open(token)).update((data) => void data.n++)
    for (const [id, record] of newer.records) records.set(id, record)
    session.data.n = 7
    expect((await rejectionOf(session.save())).code).toBe('ERR_LOCK_LOST')
  })
})

it('inside exclusive, a touch that meets a write of its own whose answer was lost is not refused', async () => {
  const { sessions, stored, backend, clock } = setup({ touchIntervalMs: 100 })
  const { token } = await stored()
  await sessions.exclusive(token, async (session) => {
    backend.loseNext('update')
    backend.failNext('load')
    expect((await rejectionOf(session.rotate())).code).toBe('ERR_STORE_FAILED')
    clock.advance(100)
    expect((await session.save()).status).toBe('unchanged')
    session.data.n = 1
    expect((await session.save()).status).toBe('saved')
  })
})
