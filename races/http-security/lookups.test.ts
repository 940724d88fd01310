import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { EVENT_NAMES } from '@leeway/core'
import { describe, expect, test } from 'vitest'
import { scratchPlaces } from '../scratch.ts'
import { leewayKinds, openStore } from '../stores.ts'
import { natives } from './applications.ts'
import { idOf } from './forged-tokens.ts'
import { cookieOf, RawClient, type RawRequest } from './raw-client.ts'
import { watched } from './watched-store.ts'

const placeOf = scratchPlaces()
const SECRET = 'x'.repeat(32)
const UNKNOWN = `leeway=${'a'.repeat(26)}.${SECRET}`

/** How long these take is for benchmarks/wrong-secrets.ts; that they do the same is for these tests. */
describe.each(leewayKinds)('a wrong secret of a session in %s', (kind) => {
  const [start = natives['node:http']] = Object.values(natives)

  async function setup(what: string) {
    const backend = watched(openStore(kind, placeOf(kind, `lookups-${what}-${kind}`)))
    const application = await start({ store: backend.store })
    const client = new RawClient(application.port)
    /** What a request has the store do, publishes and is answered with; ids and secrets that were minted are left out. */
    const seen = async (request: RawRequest) => {
      using events = recordEvents()
      backend.forget()
      const { status, headers, body } = await client.send(request)
      const names = headers.map(([name]) => name)
      return { calls: [...backend.calls], events: events.all, answer: { status, names, body } }
    }
    const end = async () => {
      client[Symbol.dispose]()
      await application[Symbol.asyncDispose]()
    }
    return { client, seen, [Symbol.asyncDispose]: end }
  }

  test('is looked up as an unknown id is, by the same calls, and answered alike', async () => {
    await using context = await setup('anonymous')
    const own = cookieOf(await context.client.send({ path: '/write', body: { n: 1, text: 'y'.repeat(5_000) } }))
    const wrong = `leeway=${idIn(own)}.${SECRET}`
    const sent: Omit<RawRequest, 'cookie'>[] = [
      { path: '/read' },
      { path: '/write', body: { n: 2 } },
      { path: '/logout', body: {} },
    ]
    for (const request of sent) {
      const [known, unknown] = [
        await context.seen({ ...request, cookie: wrong }),
        await context.seen({ ...request, cookie: UNKNOWN }),
      ]
      expect([known.calls, known.answer]).toEqual([unknown.calls, unknown.answer])
      const [[first, ...others], [otherFirst, ...otherOthers]] = [known.events, unknown.events]
      expect([first, otherFirst]).toEqual([
        { name: 'leeway:session:miss', id: idIn(own), reason: 'wrong-secret' },
        { name: 'leeway:session:miss', id: 'a'.repeat(26), reason: 'unknown' },
      ])
      expect(others.map(({ name }) => name)).toEqual(otherOthers.map(({ name }) => name))
    }
  })

  test('for as long as the grace after a login a visitor with it is given nothing to keep, which tells of that login', async () => {
    await using context = await setup('login')
    const own = cookieOf(await context.client.send({ path: '/login', body: { owner: 'alice' } }))
    const wrong = `leeway=${idIn(own)}.${SECRET}`
    const [read, unknown] = [
      await context.seen({ path: '/read', cookie: wrong }),
      await context.seen({ path: '/read', cookie: UNKNOWN }),
    ]
    expect([read.calls, read.answer]).toEqual([unknown.calls, unknown.answer])
    const written = await context.seen({ path: '/write', cookie: wrong, body: { n: 1 } })
    expect([written.calls, written.answer.names.includes('Set-Cookie')]).toEqual([['load'], false])
  })
})

function recordEvents() {
  const all: ({ name: string } & Record<string, unknown>)[] = []
  const listen = (message: unknown, name: string | symbol) => {
    all.push({ name: String(name), ...JSON.parse(JSON.stringify(message)) })
  }
  for (const name of EVENT_NAMES) subscribe(name, listen)
  return {
    all,
    [Symbol.dispose]() {
      for (const name of EVENT_NAMES) unsubscribe(name, listen)
    },
  }
}

function idIn(cookie: string): string {
  return idOf(cookie.slice(cookie.indexOf('=') + 1))
}
