import { expect, test } from 'vitest'
import { scratchPlaces } from '../scratch.ts'
import { leewayKinds, openStore } from '../stores.ts'
import { natives } from './applications.ts'
import { cookieOf, RawClient, type RawRequest, sendAll } from './raw-client.ts'

const USERS = 50
const REQUESTS = 1_000
const CONNECTIONS = 50
const placeOf = scratchPlaces()
const seed = Math.floor(Math.random() * 2 ** 31)

/** All stores with the first binding, the others with one. */
const runs = Object.entries(natives).flatMap(([name, start], at) =>
  leewayKinds.filter((kind) => at === 0 || kind === 'sqlite').map((kind) => ({ name, start, kind })),
)

// express-session #917: visitors who were shown the session of somebody else.
test.each(runs)(
  `of ${REQUESTS} requests at once of ${USERS} users each sees its own, on $name with $kind`,
  async (run) => {
    const store = openStore(run.kind, placeOf(run.kind, `users-${run.name.replace(/\W/g, '')}-${run.kind}`))
    await using application = await run.start({ store })
    using client = new RawClient(application.port)
    const users: { owner: string; cookie: string }[] = []
    for (let at = 0; at < USERS; at++) {
      const owner = `user-${at}`
      const login = await client.send({ path: '/login', body: { owner } })
      users.push({ owner, cookie: cookieOf(login) })
      await client.send({ path: '/write', cookie: cookieOf(login), body: { mine: owner } })
    }

    const random = generator(seed)
    const sent = Array.from({ length: REQUESTS }, (_, at): RawRequest & { owner: string | null } => {
      const user = users[Math.floor(random() * USERS)]
      if (user === undefined || random() < 0.1) return { owner: null, path: '/read' }
      const { owner, cookie } = user
      return random() < 0.5
        ? { owner, path: '/read', cookie }
        : { owner, path: '/write', cookie, body: { [`by-${at}`]: owner } }
    })
    const responses = await sendAll(application.port, sent, CONNECTIONS)

    const strangers = responses.flatMap(({ status, headers, body }, at) => {
      const owner = sent[at]?.owner
      const shown = JSON.parse(body)
      const foreign = Object.values(shown.data).filter((value) => value !== owner)
      const isCookieSent = headers.some(([name]) => name.toLowerCase() === 'set-cookie')
      return status === 200 && shown.owner === owner && foreign.length === 0 && !isCookieSent
        ? []
        : [{ owner, status, body }]
    })
    console.log(
      `${run.name}, ${run.kind}, seed ${seed}: ${responses.length} requests, ${strangers.length} saw another's`,
    )
    expect([strangers, responses.length]).toEqual([[], REQUESTS])
    for (const { owner, cookie } of users) {
      const written = sent.flatMap((request, at) => (request.owner === owner && request.body ? [`by-${at}`] : []))
      const { body } = await client.send({ path: '/read', cookie })
      expect(Object.keys(JSON.parse(body).data).sort()).toEqual(['mine', ...written].sort())
    }
  },
)

/** Numbers from 0 to 1 that follow from the seed. */
function generator(start: number): () => number {
  let state = start
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (state >>> 8) / 2 ** 24
  }
}
