import { memoryStore } from '@leeway/core/memory'
import { expect, it } from 'vitest'
import { expressSessionStore } from '../express-session-store.ts'
import { faulty } from '../testing-stores.ts'
import { serve } from './testing-applications.ts'
import { backends, kinds } from './testing-backends.ts'

// What express-session does whatever its store: docs/express-session.md tells of it.

const open = backends()

it('express-session sends a redirect before the session is saved, all but its last byte (#360)', async () => {
  const backend = faulty(memoryStore())
  await using store = expressSessionStore({ store: backend.store })
  await using server = await serve({ store }, {}, (app) =>
    app.get('/login', (request, response) => {
      request.session.user = 'alice'
      response.redirect('/show')
    }),
  )
  const held = backend.holdNext('create')
  const response = await fetch(`${server.url}/login`, { redirect: 'manual' })
  await held.reached
  expect([response.status, response.headers.getSetCookie().length, backend.calls]).toEqual([302, 1, ['create']])
  held.release()
  expect(await response.text()).toContain('/show')
})

it.each(kinds)(
  'express-session over %s throws and does not answer where JSON.stringify refuses a value',
  async (kind) => {
    const answered = Promise.withResolvers<boolean>()
    await using server = await serve(await open(kind), {}, (app) => {
      app.get('/write', (request, response) => {
        request.session.a = 1n
        // Once the error handler has run.
        setImmediate(() => {
          answered.resolve(response.writableEnded)
          response.destroy()
        })
        response.send('never arrives')
      })
    })
    await expect(fetch(`${server.url}/write`).then((response) => response.text())).rejects.toThrow()
    expect([await answered.promise, server.errors.length]).toEqual([false, 1])
  },
)
