import { expect, it } from 'vitest'
import { application } from './testing-application.ts'

it('a hijacked reply goes out once the session is stored, with its cookie', async () => {
  await using server = await application((app, { sessionOf }) => {
    app.get('/raw', (request, reply) => {
      sessionOf(request).data.a = 'raw'
      reply.hijack()
      reply.raw.writeHead(201, { 'Content-Type': 'text/plain', 'Cache-Control': 'public' }).end('body')
    })
  })
  const held = server.backend.holdNext('create')
  let isAnswered = false
  const browser = server.browser()
  const answer = browser.fetch('/raw').finally(() => {
    isAnswered = true
  })
  await held.reached
  await server.browser().fetch('/read')
  expect(isAnswered).toBe(false)
  held.release()
  const response = await answer
  expect([response.status, await response.text()]).toEqual([201, 'body'])
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await browser.json('/read')).toMatchObject({ a: 'raw' })
})

it('a hijacked reply whose session cannot be saved is answered with 503', async () => {
  await using server = await application((app, { sessionOf, sessions }) => {
    app.get('/raw', async (request, reply) => {
      sessionOf(request).data.a = 'lost'
      await sessions.close()
      reply.hijack()
      reply.raw.end('body')
    })
  })
  const response = await server.browser().fetch('/raw')
  expect([response.status, await response.text()]).toEqual([503, 'sessions are unavailable, please try again'])
  expect([response.headers.get('cache-control'), response.headers.getSetCookie()]).toEqual(['no-store', []])
})

it('events that are sent one by one after a hijack arrive one by one', async () => {
  const more = Promise.withResolvers<void>()
  await using server = await application((app, { sessionOf }) => {
    app.get('/events', async (request, reply) => {
      sessionOf(request).data.n = 7
      reply.hijack()
      reply.raw.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders()
      await more.promise
      reply.raw.write('data: 1\n\n')
      reply.raw.end()
    })
  })
  const browser = server.browser()
  const response = await browser.fetch('/events')
  expect(await browser.json('/read')).toMatchObject({ n: 7 })
  more.resolve()
  expect(await response.text()).toBe('data: 1\n\n')
})
