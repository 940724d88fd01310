import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { rejectionOf } from '../testing-errors.ts'
import { recordEvents } from '../testing-events.ts'
import { GRACE, IDLE, OVERLAP, setup, tokenIn } from '../testing-sessions.ts'

it('no secret appears in any event, error or stored byte', async () => {
  const { sessions, clock, backend, records, stored, open } = setup()
  using events = recordEvents()
  const errors: unknown[] = []
  const bytes: unknown[] = []
  const guessed = 'S'.repeat(32)

  const { token, id } = await stored()
  await sessions.open(`${id}.${guessed}`)
  await sessions.open(token.slice(1))
  const stale = await open(token)
  const rotating = await open(token)
  const pending = tokenIn(await rotating.rotate())
  bytes.push(...records.values())
  const confirmed = await open(pending)
  await open(token)
  clock.advance(OVERLAP)
  expect((await sessions.open(token)).isNew).toBe(true)
  bytes.push(...records.values())
  stale.data.a = 1
  expect((await stale.save()).token).toBeNull()
  stale.data.b = new Date()
  errors.push(await rejectionOf(stale.save()))
  const loggedIn = tokenIn(await confirmed.login('alice'))
  bytes.push(...records.values())
  expect((await sessions.open(pending)).isNew).toBe(true)
  errors.push(await rejectionOf(rotating.login('alice')))
  errors.push(await rejectionOf(rotating.update((data) => void data.n++)))
  for (const lose of [true, false]) {
    if (lose) backend.loseNext('update')
    else backend.failNext('update')
    backend.failNext('load')
    confirmed.data.n++
    errors.push(await rejectionOf(confirmed.save()))
  }
  backend.failNext('load')
  errors.push(await rejectionOf(sessions.open(loggedIn)))
  clock.advance(1)
  await sessions.revokeAll('alice')
  errors.push(await rejectionOf(confirmed.update((data) => void data.n++)))
  const another = await sessions.open()
  errors.push(await rejectionOf(another.login('alice')))
  const late = await open((await stored()).token)
  clock.advance(IDLE)
  await sessions.open(token)
  clock.advance(GRACE)
  await sessions.sweep()
  late.data.n++
  expect((await late.save()).status).toBe('gone')
  await sessions.close()
  errors.push(await rejectionOf(sessions.open(loggedIn)))

  const heard = new Set(events.all.map(({ name }) => name))
  for (const name of ['open', 'miss', 'create', 'save', 'conflict', 'gone', 'rotate', 'theft', 'destroy']) {
    expect(heard).toContain(`leeway:session:${name}`)
  }
  expect(heard).toContain('leeway:sweep')
  expect(heard).toContain('leeway:store:error')
  const everything = { events: events.all, errors, bytes }
  const said = [
    inspect(everything, { depth: Infinity, showHidden: true, maxArrayLength: null, maxStringLength: null }),
    JSON.stringify(everything),
  ]
  for (const text of said) expect(text).toContain(id)
  expect(new Set([token, pending, loggedIn]).size).toBe(3)
  for (const secret of [token, pending, loggedIn, guessed].map((text) => text.slice(-32))) {
    for (const text of said) expect(text).not.toContain(secret)
  }
})
