import { createSessions, type Session } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import { type Context, Hono } from 'hono'
import { expect, expectTypeOf, it } from 'vitest'
import { honoSessions, type SessionEnv } from './hono-sessions.ts'

interface Data {
  visits: number
}

const make = () => createSessions<Data>({ store: memoryStore(), initialData: () => ({ visits: 0 }) })

it('a handler behind the middleware knows the session’s data, without a cast', async () => {
  const { middleware } = honoSessions(make())
  const app = new Hono().use(middleware).get('/', (c) => {
    expectTypeOf(c.var.session).toEqualTypeOf<Session<Data>>()
    return c.json(c.var.session.data)
  })
  expect(await (await app.request('/')).json()).toEqual({ visits: 0 })
})

it('an application in parts names what it is given, and so do its helpers', async () => {
  const { middleware } = honoSessions(make())
  const visits = (c: Context<SessionEnv<Data>>) => c.var.session.data.visits
  const app = new Hono<SessionEnv<Data>>()
  app.use(middleware)
  app.get('/', (c) => c.text(String(visits(c))))
  expect(await (await app.request('/')).text()).toBe('0')
})

it('there may be no session where the outage policy lets requests go on without', () => {
  const { middleware } = honoSessions(make(), {
    onStoreFailure: (error) => (error.operation === 'load' ? 'anonymous' : 'fail'),
  })
  new Hono().use(middleware).get('/', (c) => {
    expectTypeOf(c.var.session).toEqualTypeOf<Session<Data> | undefined>()
    return c.text('')
  })
  expect(middleware).toBeTypeOf('function')
})

it('what the options decide by is Hono’s context', async () => {
  const { middleware } = honoSessions(make(), { secure: (c) => c.req.header('x-forwarded-proto') === 'https' })
  const app = new Hono().use(middleware).get('/', (c) => c.text(String(++c.var.session.data.visits)))
  const cookies = async (proto: string) =>
    (await app.request('/', { headers: { 'x-forwarded-proto': proto } })).headers.getSetCookie()
  expect(await cookies('https')).toEqual([expect.stringMatching(/^__Host-leeway=.*; Secure/)])
  expect(await cookies('http')).toEqual([expect.stringMatching(/^leeway=(?!.*Secure)/)])
})

it('an option that does not exist, or has a wrong value, is refused at once', () => {
  expect(() => honoSessions(make(), { secret: 'x' } as never)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
  )
  expect(() => honoSessions(make(), { sameSite: 'maybe' as never })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
  )
})
