import { createHash } from 'node:crypto'
import { subscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { createSessions, EVENT_NAMES, type SessionStore } from '@leeway/core'
import { type Clock, manualClock } from '@leeway/core/testing'
import { atRedisPlace } from '../redis-place.ts'
import { leewayKinds, openStore } from '../stores.ts'
import { dropIns, natives, type Running, type Start } from './applications.ts'
import { idOf, secretOf } from './forged-tokens.ts'
import { RawClient, valuesOf } from './raw-client.ts'
import { sidIn, signed } from './signed-cookies.ts'

/**
 * Has every binding go through all that can happen to a session, and prints all that a log could get hold of: every
 * event, every error with its causes, every object that an application holds. Its parent is told the secrets aside.
 */
const [, , kindName, place = '', ...names] = process.argv
const kind = leewayKinds.find((known) => known === kindName) ?? 'memory'
const MINUTE = 60_000

const secrets = new Set<string>()
const hashes = new Set<string>()
const print = (label: string, value: unknown) => {
  console.log(label, inspect(value, { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null }))
  console.log(label, JSON.stringify(value), String(value))
}
const printed = (label: string, error: unknown) => {
  print(label, error)
  if (error instanceof Error) {
    console.error(error, error.stack)
    if (error.cause !== undefined) printed(`${label}, cause`, error.cause)
  }
}
const failure = async (label: string, work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  printed(label, error)
}
for (const name of EVENT_NAMES) subscribe(name, (message) => print(name, message))

for (const [name, start] of Object.entries({ ...natives, ...dropIns })) {
  if (names.includes(name)) await scenario(name, start, name in natives ? nativeEnd : async () => {})
}
process.send?.({ secrets: [...secrets], hashes: [...hashes] })
process.disconnect?.()

interface Context {
  readonly application: Running
  readonly store: SessionStore
  readonly clock: Clock & { advance(ms: number): void }
  /** Sends a request and gives the cookies as the browser has them afterwards. */
  readonly visit: (path: string, cookie?: string, body?: unknown) => Promise<string>
}

async function scenario(name: string, start: Start, end: (context: Context, cookie: string) => Promise<void>) {
  console.log(`${name} on ${kind}`)
  const clock = manualClock()
  const store = openStore(kind, place, clock)
  const application = await start({ store, clock })
  const client = new RawClient(application.port)
  const visit = async (path: string, cookie?: string, body?: unknown) => {
    const response = await client.send({ path, cookie, body })
    console.log(name, path, response.status, response.body)
    const set = valuesOf(response, 'Set-Cookie').map((one) => one.split(';')[0] ?? '')
    const cookies = set.length > 0 ? set.join('; ') : (cookie ?? '')
    for (const text of secretsIn(name, cookies)) secrets.add(text)
    return cookies
  }
  const begun = await visit('/write', undefined, { n: 1 })
  const own = await visit('/login', begun, { owner: 'alice' })
  await visit('/read', begun)
  for (const malformed of [`${own}x`, own.slice(0, -1), `${own}${own}`, own.toUpperCase(), own.replace('.', '%2E')])
    await visit('/write', malformed, { n: 1 })
  await visit('/write', own, '{"a":{"__proto__":1}}')
  await visit('/write', own, { large: 'x'.repeat(2 ** 20) })
  await end({ application, store, clock, visit }, own)
  await visit('/logout', await visit('/login', await visit('/write', undefined, { n: 2 })))
  const kept = await visit('/write', undefined, { marker: 'kept in the clear' })
  for (const text of secretsIn(name, kept)) hashes.add(createHash('sha256').update(text).digest('base64url'))
  await store.close()
  await visit('/read', own)
  await visit('/write', own, { n: 3 })
  for (const error of application.errors) printed(`${name} failed`, error)
  client[Symbol.dispose]()
  await application[Symbol.asyncDispose]()
}

function secretsIn(name: string, cookies: string): string[] {
  if (cookies === '' || /=(;|$)/.test(cookies)) return []
  const value = cookies.slice(cookies.indexOf('=') + 1)
  return name in signed ? [sidIn(cookies)] : [secretOf(value)]
}

/** What only leeway's own sessions have. */
async function nativeEnd({ store, clock, visit }: Context, cookie: string): Promise<void> {
  const sessions = createSessions<Record<string, unknown>>({ store, clock })
  const token = cookie.slice(cookie.indexOf('=') + 1)
  const open = () => sessions.open(token, { client: { userAgent: 'a browser' } })
  const [one, other, late] = [await open(), await open(), await open()]
  one.flash('note', 'hello')
  one.data.n = 'one'
  other.data.n = 'other'
  await one.save()
  await failure('conflict', other.save())
  print('sessions', [one, other, sessions, await sessions.list('alice', { details: true })])
  print('flash', await (await open()).takeFlash('note'))
  await sessions.exclusive(token, async (session) => {
    session.data.alone = true
    await session.save()
    await failure(
      'nested',
      sessions.exclusive(token, () => {}),
    )
    await failure(
      'waiting',
      createSessions({ store, clock }).exclusive(token, () => {}, { waitMs: 0 }),
    )
  })
  // What applications confuse: a token in the place of an id, of an owner, of an option.
  await failure('a token as an id', store.load(token))
  await failure('a token as another id', sessions.revoke('alice', token))
  await failure('a token as an exception', sessions.revokeAll('bob', { except: token }))
  await failure('a token as an option', sessions.open(token, { client: { userAgent: 7 as never } }))

  if (kind === 'redis') await withoutMemory(() => visit('/write', cookie, { n: 4 }))

  const rotated = await visit('/rotate', cookie)
  await visit('/read', rotated)
  clock.advance(MINUTE)
  await visit('/read', cookie)
  const last = await visit('/rotate', await visit('/rotate', rotated))
  await visit('/read', last)

  const stored = await store.load(idOf(token))
  if (stored) await store.update({ ...stored, payload: `not ours`, version: 'v'.repeat(16) }, stored.version)
  await visit('/read', last)
  await store.destroy(idOf(token))
  await failure(
    'gone',
    late.update((data) => Object.assign(data, { n: 'late' })),
  )
  late.data.n = 'later'
  await failure('gone again', late.save())
  const expired = await visit('/write', undefined, { n: 1 })
  clock.advance(60 * MINUTE)
  await visit('/read', expired)
  await sessions.sweep()
}

/** While the server refuses every write, with an error that quotes what it was sent. */
async function withoutMemory(work: () => Promise<unknown>): Promise<void> {
  const { client } = atRedisPlace(place)
  await client.config('SET', 'maxmemory', '1')
  await work()
  await client.config('SET', 'maxmemory', '0')
  client.disconnect()
}
