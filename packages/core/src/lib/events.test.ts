import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { EVENT_NAMES, publish } from './events.ts'
import { rejectionOf } from './testing-errors.ts'
import { recordEvents } from './testing-events.ts'
import { IDLE, OVERLAP, setup, tokenIn } from './testing-sessions.ts'
import { settled } from './testing-stores.ts'

/** Takes uncaught exceptions away from the test runner until the test is over. */
function uncaught(): unknown[] {
  const errors: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => errors.push(error))
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
  })
  return errors
}

describe('a message', () => {
  it('is not even made where nobody listens', () => {
    publish('leeway:session:open', () => {
      throw new Error('made')
    })
  })

  it('reaches whoever listens to that channel', () => {
    const heard: unknown[] = []
    const listener = (message: unknown) => heard.push(message)
    subscribe('leeway:session:open', listener)
    onTestFinished(() => void unsubscribe('leeway:session:open', listener))
    publish('leeway:session:open', () => ({ id: 'a', owner: null }))
    publish('leeway:session:save', () => ({ id: 'b', owner: null }))
    expect(heard).toEqual([{ id: 'a', owner: null }])
  })
})

describe('a listener that throws', () => {
  it.each(EVENT_NAMES)('on %s changes nothing about the operations', async (name) => {
    const errors = uncaught()
    const broken = new Error('a broken listener')
    const listener = () => {
      throw broken
    }
    const run = async () => {
      const { clock, sessions, backend, stored, open, elsewhere } = setup({ onConflict: 'overwrite' })
      const { token, id } = await stored()
      const session = await open(token)
      const other = await elsewhere.open(token)
      await other.update((data) => {
        data.a = 2
      })
      session.data.a = 1
      const results: unknown[] = [(await session.save()).status]
      const next = tokenIn(await session.rotate())
      await open(next)
      clock.advance(OVERLAP)
      results.push((await sessions.open(token)).isNew, (await sessions.open(`${id}.${'A'.repeat(32)}`)).isNew)
      backend.failNext('load')
      results.push((await rejectionOf(sessions.open(next))).code)
      const late = await open(next)
      results.push((await session.destroy()).status)
      late.data.n = 5
      results.push((await late.save()).status)
      const { token: expiring } = await stored()
      clock.advance(IDLE)
      results.push((await sessions.open(expiring)).isNew, (await sessions.sweep()).removed)
      await settled()
      return results
    }
    const undisturbed = await run()
    subscribe(name, listener)
    try {
      expect(await run()).toEqual(undisturbed)
    } finally {
      unsubscribe(name, listener)
    }
    expect(undisturbed).toEqual(['saved', true, true, 'ERR_STORE_FAILED', 'destroyed', 'gone', true, 0])
    expect(errors.length).toBeGreaterThan(0)
    expect(new Set(errors)).toEqual(new Set([broken]))
  })
})

describe('the events of an operation', () => {
  const names = (events: { readonly all: readonly { readonly name: string }[] }) => events.all.map(({ name }) => name)

  it('of a new session are its creation, and of one that was opened the opening and the save', async () => {
    const { sessions, open } = setup()
    using events = recordEvents()
    const session = await sessions.open()
    session.data.n = 1
    const { token } = await session.save()
    expect(names(events)).toEqual(['leeway:session:create'])
    const again = await open(token)
    again.data.n = 2
    await again.save()
    expect(names(events).slice(1)).toEqual(['leeway:session:open', 'leeway:session:save'])
    expect(events.named('leeway:session:save')).toEqual([{ id: session.id, owner: null }])
  })

  it('of saves over each other are conflicts, counted per write', async () => {
    const { stored, open, elsewhere, backend } = setup()
    const { token, id } = await stored()
    const session = await open(token)
    for (let i = 0; i < 2; i++) {
      backend.beforeNext('update', async () => {
        await (await elsewhere.open(token)).update((data) => void data.n++)
      })
    }
    using events = recordEvents()
    await session.update((data) => void data.n++)
    expect(events.named('leeway:session:conflict')).toEqual([
      { id, attempts: 1 },
      { id, attempts: 2 },
    ])
  })

  it('of a logout is the destruction, with the owner', async () => {
    const { loggedIn, open } = setup()
    const { token, id } = await loggedIn('alice')
    const session = await open(token)
    using events = recordEvents()
    await session.destroy()
    await session.destroy()
    expect(events.all).toEqual([{ name: 'leeway:session:destroy', message: { id, owner: 'alice' } }])
  })

  it('of an expired session tell its owner', async () => {
    const { clock, sessions, loggedIn } = setup()
    const { token, id } = await loggedIn('alice')
    clock.advance(IDLE)
    using events = recordEvents()
    await sessions.open(token)
    expect(events.all).toEqual([{ name: 'leeway:session:expired', message: { id, owner: 'alice' } }])
  })

  it('of a failing store carry the error that the caller got', async () => {
    const { sessions, stored, backend } = setup()
    const { token } = await stored()
    using events = recordEvents()
    backend.failNext('load')
    const error = await rejectionOf(sessions.open(token))
    expect(events.all).toEqual([
      { name: 'leeway:store:error', message: { operation: 'load', code: 'ERR_STORE_FAILED', error } },
    ])
  })
})

it('the list of channels is what the page explains, and each is a channel of that name', () => {
  const page = readFileSync(new URL('../../../../docs/events.md', import.meta.url), 'utf8')
  const named = new Set(page.match(/leeway:[a-z]+(:[a-z]+)?\b/g))
  expect([...named].sort()).toEqual([...EVENT_NAMES].sort())
  for (const name of EVENT_NAMES) expect(channel(name).name).toBe(name)
})
