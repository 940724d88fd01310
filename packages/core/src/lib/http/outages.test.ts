import { describe, expect, it } from 'vitest'
import { readToken } from '../cookie.ts'
import type { LeewayError } from '../errors.ts'
import type { Session } from '../sessions/session.ts'
import { rejectionOf } from '../testing-errors.ts'
import { type Data, setup, TOUCH } from '../testing-sessions.ts'
import type { Operation } from '../testing-stores.ts'
import { settled } from '../testing-stores.ts'
import { httpSessions } from './http-sessions.ts'

const cookieOf = (token: string) => `__Host-leeway=${token}`

/** What makes a request call the store with each operation, beginning with a stored session or without one. */
const requests: readonly { operation: Operation; stored: boolean; after: number; change: boolean }[] = [
  { operation: 'load', stored: true, after: 0, change: false },
  { operation: 'load', stored: true, after: 0, change: true },
  { operation: 'create', stored: false, after: 0, change: true },
  { operation: 'update', stored: true, after: 0, change: true },
  { operation: 'touch', stored: true, after: TOUCH, change: false },
]

/** The request over a store whose next such call fails. */
async function during(onStoreFailure: 'fail' | 'anonymous', request: (typeof requests)[number]) {
  const context = setup()
  const { token } = await context.stored({ a: 'before' })
  context.clock.advance(request.after)
  const http = httpSessions(context.sessions, { clock: context.clock, onStoreFailure })
  context.backend.failNext(request.operation)
  const exchange = http.begin(request.stored ? cookieOf(token) : undefined, null)
  const run = async () => {
    const session = await exchange.open()
    if (session && request.change) session.data.a = 'after'
    return { session, header: await exchange.commit() }
  }
  return { ...context, token, exchange, run }
}

describe.each(requests)('a request whose $operation fails (stored $stored, change $change)', (request) => {
  it('is refused where an outage is to fail, and the answer leaves the cookie alone', async () => {
    const { run, exchange, token, open } = await during('fail', request)
    expect((await rejectionOf(run())).code).toBe('ERR_STORE_FAILED')
    expect(await exchange.commit()).toBeUndefined()
    expect((await open(token)).data.a).toBe('before')
  })

  it('goes on where an outage is to be gone through: nothing is saved, and the cookie is left alone', async () => {
    const { run, token, open, records } = await during('anonymous', request)
    const { session, header } = await run()
    expect(header).toBeUndefined()
    expect(session === undefined).toBe(request.operation === 'load')
    expect((await open(token)).data.a).toBe('before')
    expect(records.size).toBe(1)
  })
})

it('a write whose answer was lost is found, and its cookie sent', async () => {
  const { sessions, backend, open } = setup()
  const http = httpSessions(sessions)
  const exchange = http.begin(undefined, null)
  const session = await exchange.open()
  session.data.n = 1
  backend.loseNext('create')
  const header = await exchange.commit()
  expect((await open(readToken(header))).data.n).toBe(1)
})

it('a logout that fails does not take the cookie away', async () => {
  const { sessions, backend, stored, open } = setup()
  const { token } = await stored()
  for (const onStoreFailure of ['fail', 'anonymous'] as const) {
    const exchange = httpSessions(sessions, { onStoreFailure }).begin(cookieOf(token), null)
    backend.failNext('destroy')
    const session = await exchange.open()
    expect((await rejectionOf(Promise.resolve(session?.destroy()))).code).toBe('ERR_STORE_FAILED')
    expect(await exchange.commit()).toBeUndefined()
    expect((await open(token)).isNew).toBe(false)
  }
})

it('a login is not undone by the outage after it: the answer brings its secret', async () => {
  const { sessions, backend, stored, open } = setup()
  const exchange = httpSessions(sessions, { onStoreFailure: 'anonymous' }).begin(cookieOf((await stored()).token), null)
  const session = await exchange.open()
  await session?.login('alice')
  if (session) session.data.a = 'lost'
  backend.failNext('update')
  const header = await exchange.commit()
  expect((await open(readToken(header))).owner).toBe('alice')
})

it('what a handler saves by itself is refused in an outage, so that it can tell', async () => {
  const { sessions, backend } = setup()
  const exchange = httpSessions(sessions, { onStoreFailure: 'anonymous' }).begin(undefined, null)
  const session = await exchange.open()
  backend.failNext('create')
  const update = session?.update((data) => {
    data.n++
  })
  expect((await rejectionOf(Promise.resolve(update))).code).toBe('ERR_STORE_FAILED')
})

it('a function decides, told of the failure and of the request', async () => {
  const { sessions, backend, stored } = setup()
  const { token } = await stored()
  const asked: [LeewayError, string][] = []
  const decide = (error: LeewayError, path: string) => {
    asked.push([error, path])
    return path === '/account' ? ('fail' as const) : ('anonymous' as const)
  }
  const http = httpSessions<Data, string, typeof decide>(sessions, { onStoreFailure: decide })
  backend.failNext('load')
  expect((await rejectionOf(http.begin(cookieOf(token), '/account').open())).code).toBe('ERR_STORE_FAILED')
  backend.failNext('load')
  expect(await http.begin(cookieOf(token), '/').open()).toBeUndefined()
  expect(asked.map(([{ operation }, path]) => [operation, path])).toEqual([
    ['load', '/account'],
    ['load', '/'],
  ])
})

it('a function that is written in place knows what it is given, and its requests may have no session', async () => {
  const { sessions, backend, stored } = setup()
  const http = httpSessions(sessions, {
    secure: (url: string) => url.startsWith('https:'),
    onStoreFailure: (error, url) => (error.operation === 'load' && !url.endsWith('/account') ? 'anonymous' : 'fail'),
  })
  const cookie = cookieOf((await stored()).token)
  backend.failNext('load')
  const session: Session<Data> | undefined = await http.begin(cookie, 'https://shop.example/').open()
  expect(session).toBeUndefined()
  backend.failNext('load')
  expect((await rejectionOf(http.begin(cookie, 'https://shop.example/account').open())).code).toBe('ERR_STORE_FAILED')
})

it.each([undefined, 'ignore', true])('a function that answers %j lets the request fail', async (answer) => {
  const { sessions, backend, stored } = setup()
  const http = httpSessions(sessions, { onStoreFailure: () => answer as never })
  backend.failNext('load')
  expect((await rejectionOf(http.begin(cookieOf((await stored()).token), null).open())).code).toBe('ERR_STORE_FAILED')
})

it('a function that throws has its own error answered for', async () => {
  const { sessions, backend, stored } = setup()
  const own = new Error('come back tomorrow')
  const http = httpSessions(sessions, {
    onStoreFailure: () => {
      throw own
    },
  })
  backend.failNext('load')
  await expect(http.begin(cookieOf((await stored()).token), null).open()).rejects.toBe(own)
})

describe('a store that does not answer', () => {
  it.each(['fail', 'anonymous'] as const)('holds up no request for longer than its time (%s)', async (policy) => {
    const { sessions, backend, stored, clock, open } = setup()
    const { token } = await stored()
    const http = httpSessions(sessions, { clock, onStoreFailure: policy, storeTimeoutMs: 2_000 })
    const held = backend.holdNext('load')
    const exchange = http.begin(cookieOf(token), null)
    const opening = exchange.open().then(
      (session) => session ?? 'none',
      ({ code }: LeewayError) => code,
    )
    await held.reached
    clock.advance(1_999)
    expect(await Promise.race([opening, settled()])).toBeUndefined()
    clock.advance(1)
    expect(await opening).toBe(policy === 'fail' ? 'ERR_STORE_TIMEOUT' : 'none')
    // When it answers after all, nothing comes of it.
    held.release()
    await settled()
    expect(exchange.session).toBeUndefined()
    expect(await exchange.commit()).toBeUndefined()
    expect((await open(token)).data.a).toBe('stored')
  })

  it('holds up no answer: a save that arrives later sends no cookie', async () => {
    const { sessions, backend, clock } = setup()
    const http = httpSessions(sessions, { clock, storeTimeoutMs: 2_000 })
    const exchange = http.begin(undefined, null)
    const session = await exchange.open()
    session.data.n = 1
    const held = backend.holdNext('create')
    const committing = rejectionOf(exchange.commit())
    await held.reached
    clock.advance(2_000)
    expect((await committing).code).toBe('ERR_STORE_TIMEOUT')
    held.release()
    await settled()
    expect(await exchange.commit()).toBeUndefined()
  })
})
