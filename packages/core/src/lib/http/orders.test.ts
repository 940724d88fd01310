import { expect, it } from 'vitest'
import { readToken } from '../cookie.ts'
import { memoryStore } from '../memory-store.ts'
import { createSessions } from '../sessions/sessions.ts'
import { everyOrder } from '../testing-orders.ts'
import { type Data, GRACE, setup, tokenIn } from '../testing-sessions.ts'
import type { Exchange } from './exchange.ts'
import { httpSessions } from './http-sessions.ts'

type Request = Exchange<Data, null, 'fail'>
type Handler = (request: Request) => Promise<unknown>

const write: Handler = async (request) => {
  ;(await request.open()).data.a = 'written'
}
const read: Handler = (request) => request.open()
const login: Handler = async (request) => (await request.open()).login('alice')
const logout: Handler = async (request) => (await request.open()).destroy()
const rotate: Handler = async (request) => (await request.open()).rotate()

/** Two requests with one cookie, in every order of their store calls; the browser takes each answer as it comes. */
async function together(
  prepare: 'stored' | 'rotating',
  handlers: readonly Handler[],
  check: (browser: string | undefined, context: ReturnType<typeof setup>, dead: string) => Promise<void>,
): Promise<number> {
  return everyOrder(async (stepped, finish) => {
    const context = setup()
    const { token } = await context.stored()
    if (prepare === 'rotating') tokenIn(await (await context.open(token)).rotate())
    let browser: string | undefined = token
    const answers = handlers.map(async (handler) => {
      const sessions = createSessions<Data>({
        store: stepped(memoryStore({ records: context.records })),
        clock: context.clock,
        graceMs: GRACE,
        initialData: () => ({ n: 0 }),
      })
      const request: Request = httpSessions<Data, null>(sessions, { clock: context.clock }).begin(
        `__Host-leeway=${token}`,
        null,
      )
      await handler(request)
      const header = await request.commit()
      if (header !== undefined) browser = readToken(header.split(';')[0])
    })
    const done = Promise.all(answers)
    await finish()
    await done
    await check(browser, context, token)
  })
}

it.each(['stored', 'rotating'] as const)(
  'a login beside another request leaves the browser logged in, in every order (%s)',
  async (prepare) => {
    for (const other of [write, read, rotate]) {
      const orders = await together(prepare, [login, other], async (browser, { sessions, open }, dead) => {
        expect((await open(browser)).owner).toBe('alice')
        expect((await sessions.open(dead)).isNew).toBe(true)
      })
      expect(orders).toBeGreaterThan(2)
    }
  },
)

it.each(['stored', 'rotating'] as const)(
  'a logout beside another request leaves nothing of the session, in every order (%s)',
  async (prepare) => {
    for (const other of [write, read]) {
      const orders = await together(prepare, [logout, other], async (browser, { records, sessions }, dead) => {
        expect(records.get(`default:${dead.slice(0, 26)}`)).toBeUndefined()
        // Where the other was opened after the logout, it has begun a session of its own.
        const { owner, data } = await sessions.open(browser)
        expect({ owner, a: data.a }).toEqual({ owner: null, a: records.size === 0 ? undefined : 'written' })
      })
      expect(orders).toBeGreaterThan(2)
    }
  },
)

it.each(['stored', 'rotating'] as const)(
  'a rotation beside another request logs nobody out, in every order (%s)',
  async (prepare) => {
    for (const other of [write, read, rotate]) {
      const orders = await together(prepare, [rotate, other], async (browser, { open }) => {
        expect((await open(browser)).data.a).toBe(other === write ? 'written' : 'stored')
      })
      expect(orders).toBeGreaterThan(2)
    }
  },
)
