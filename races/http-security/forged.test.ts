import { createSessions, type SessionStore } from '@leeway/core'
import { expect, test } from 'vitest'
import { scratchPlaces } from '../scratch.ts'
import { leewayKinds, openStore } from '../stores.ts'
import { natives } from './applications.ts'
import { forgedTokens, idOf, secretOf } from './forged-tokens.ts'
import { cookieOf, RawClient, type RawResponse, sendAll, valuesOf } from './raw-client.ts'
import { watched } from './watched-store.ts'

const FORGED = 10_000
const placeOf = scratchPlaces()
const seed = Math.floor(Math.random() * 2 ** 31)

/** All of them on the first binding and one store; every fifth and every tenth elsewhere. */
const runs = Object.entries(natives).flatMap(([name, start], at) => {
  const kinds = leewayKinds.filter((kind) => at === 0 || kind === 'sqlite')
  return kinds.map((kind) => ({ name, start, kind, every: at > 0 ? 10 : kind === 'sqlite' ? 1 : 5 }))
})

test.each(runs)(
  'forged tokens on $name with $kind, 1 in $every of 10,000, open nothing, write nothing and break nothing',
  async ({ name, start, kind, every }) => {
    const backend = watched(openStore(kind, placeOf(kind, `forged-${name.replace(/\W/g, '')}-${kind}`)))
    await using application = await start({ store: backend.store })
    using client = new RawClient(application.port)
    const cookies = [await begun(client), await begun(client)]
    const [token = '', other = ''] = cookies.map((cookie) => cookie.split('=')[1] ?? '')
    const reserved = await reservedIds(backend.store, backend.written, token)
    const before = await Promise.all([token, other].map((one) => backend.store.load(idOf(one))))
    const storedHash = /"current":"([\w-]{43})"/.exec(before[0]?.payload ?? '')?.[1] ?? ''
    const all = forgedTokens({ token, other, reserved, storedHash }, FORGED, seed)
    const forged = all.filter((_, at) => at % every === 0)
    backend.forget()

    const requests = forged.map((value) => ({ path: '/read', cookie: `leeway=${value}` }))
    const responses = await sendAll(application.port, requests)

    const odd = responses.flatMap((response, at) => (isHarmless(response) ? [] : [[forged[at], response]]))
    const refused = responses.filter(({ status }) => status === 400).length
    const { length: loads } = backend.calls
    console.log(
      `${name}, ${kind}, seed ${seed}: ${responses.length} forged, ${refused} refused by Node, ${loads} loads`,
    )
    expect(odd).toEqual([])
    expect([storedHash.length, reserved.map((id) => id[0]).sort()]).toEqual([43, ['0', '1']])
    expect([responses.length, new Set(backend.calls)]).toEqual([FORGED / every, new Set(['load'])])
    expect(await Promise.all([token, other].map((one) => backend.store.load(idOf(one))))).toEqual(before)
    for (const cookie of cookies) expect(await dataOf(client, cookie)).toEqual({ n: 1 })
  },
)

/** Nothing was opened, set or broken. Some of the values are no header, which Node tells with 400. */
function isHarmless(response: RawResponse): boolean {
  if (valuesOf(response, 'Set-Cookie').length > 0) return false
  return response.status === 400 || (response.status === 200 && response.body === '{"owner":null,"data":{}}')
}

async function begun(client: RawClient): Promise<string> {
  return cookieOf(await client.send({ path: '/write', body: { n: 1 } }))
}

async function dataOf(client: RawClient, cookie: string): Promise<unknown> {
  return JSON.parse((await client.send({ path: '/read', cookie })).body).data
}

/** Ids that core keeps for itself: of the lease on a session, and of an owner's marker. */
async function reservedIds(store: SessionStore, written: readonly { id: string }[], token: string): Promise<string[]> {
  const sessions = createSessions({ store })
  await sessions.exclusive(token, () => {})
  await sessions.revokeAll('alice')
  return [...new Set(written.map(({ id }) => id).filter((id) => /^[01]/.test(id)))]
}

test('what is forged holds the right id with other secrets, and the right secret under other ids', () => {
  const token = `${'abcdefghijklmnopqrstuvwxyz'}.${'S'.repeat(32)}`
  const other = `${'z'.repeat(26)}.${'T'.repeat(32)}`
  const forged = forgedTokens({ token, other, reserved: [`0${'a'.repeat(25)}`], storedHash: 'H'.repeat(43) }, FORGED, 1)
  expect([forged.length, new Set(forged).size, forged.includes(token)]).toEqual([FORGED, FORGED, false])
  expect(forged.filter((one) => idOf(one) === idOf(token)).length).toBeGreaterThan(1_000)
  expect(forged.filter((one) => secretOf(one) === secretOf(token)).length).toBeGreaterThan(1_000)
  expect(forged).toContain(`${idOf(token)}.${'H'.repeat(43)}`)
})
