import { createSessions } from '@leeway/core'
import { memoryStore } from '@leeway/core/memory'
import { Hono } from 'hono'
import { honoSessions } from '../lib/hono-sessions.ts'
import { heldStore } from './held-store.ts'

export interface Data {
  n: number
  note?: unknown
}

/** Sessions in memory, the middleware, and an application that it is first in. */
export function application() {
  const records = new Map()
  const backend = heldStore(memoryStore({ records }))
  const sessions = createSessions<Data>({ store: backend.store, initialData: () => ({ n: 0 }) })
  const { middleware } = honoSessions(sessions, { secure: false })
  const app = new Hono()
    .use(middleware)
    .get('/read', (c) => c.json({ n: c.var.session.data.n, owner: c.var.session.owner }))
    .get('/count', (c) => c.text(`visit ${++c.var.session.data.n}`))
    .get('/login', async (c) => {
      await c.var.session.login('alice')
      return c.redirect('/read')
    })
  return { records, backend, sessions, middleware, app }
}
