import { setTimeout as delay } from 'node:timers/promises'
import { until } from '@leeway/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Balancer } from './balancer.ts'
import { places } from './places.ts'
import { type ServerProcess, serverProcesses } from './server-process.ts'

const VISITORS = 200
/** How many visitors are served at a time, each with two requests at once. */
const AT_ONCE = 8
/** And no faster than so, which leaves some of the machine for the servers that start. */
const PACE_MS = 40
const RESTARTS = 4
/** The load goes on for so many visits before each restart, and after the last one. */
const BETWEEN = 150
/** What a busy machine may take for one step: processes that start take seconds then. */
const PATIENCE_MS = 60_000

interface State {
  readonly stored: boolean
  readonly session: { readonly id: string; readonly owner: string | null; readonly visits: number }
}

const place = places()
const start = serverProcesses(afterAll)

let environment: NodeJS.ProcessEnv
let servers: [ServerProcess, ServerProcess]
let urls: URL[]
const balancer = new Balancer()
beforeAll(async () => {
  environment = place('redis').environment
  servers = [start(environment), start(environment)]
  urls = await Promise.all(servers.map((server) => server.url()))
  for (const url of urls) balancer.add(url)
})
afterAll(async () => {
  balancer.close()
  expect(await Promise.all(servers.map((server) => server.stop()))).toEqual([0, 0])
  expect(servers.flatMap(({ told }) => told)).toEqual([])
})

async function stateAt(url: URL | undefined, cookie: string): Promise<State> {
  const response = await fetch(new URL('/a/api/state', url), { headers: { cookie } })
  expect(response.status).toBe(200)
  return (await response.json()) as State
}

async function post(url: URL | undefined, action: string, body: object = {}, cookie = '') {
  const headers = { 'content-type': 'application/json', cookie }
  const response = await fetch(new URL(`/a/api/${action}`, url), {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  expect(response.status).toBe(200)
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

test('who logs in at one process is known to the other, and at its next request after a logout no more', async () => {
  const [one, other] = urls
  const cookie = await post(one, 'login', { name: 'Ada' })
  expect(await stateAt(other, cookie)).toMatchObject({ stored: true, session: { owner: 'Ada' } })
  await post(other, 'logout', {}, cookie)
  for (const url of urls) expect(await stateAt(url, cookie)).toMatchObject({ stored: false, session: { owner: null } })
})

test('100 visits of one visitor at once, over both processes: every one counts', async () => {
  const login = { path: '/a/api/login', body: { name: 'Ada' }, keepAlive: true }
  const { cookie } = await balancer.post(login)
  const visit = () => balancer.post({ path: '/a/api/visit', cookie, keepAlive: true })
  const answers = await Promise.all(Array.from({ length: 100 }, visit))
  expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200))
  for (const url of urls) expect(await stateAt(url, cookie ?? '')).toMatchObject({ session: { visits: 100 } })
})

test(
  'a rolling restart under load: no visit is lost, nobody is logged out, and nobody sees an error',
  async () => {
    const visitors = await Promise.all(Array.from({ length: VISITORS }, (_, i) => newVisitor(i)))
    const tally = { acknowledged: 0, failed: 0, loggedOut: 0, slowestStopMs: 0 }
    let goesOn = true
    let turn = 0

    async function newVisitor(i: number) {
      const name = `Visitor ${i}`
      // Of every two, one comes over connections that are kept alive, and one over a new connection each time.
      const keepAlive = i % 2 === 0
      const { body, cookie = '' } = await balancer.post({ path: '/a/api/login', body: { name }, keepAlive })
      return { name, cookie, keepAlive, id: (body as State).session.id, acknowledged: 0 }
    }

    async function visit(visitor: (typeof visitors)[number]): Promise<void> {
      const { cookie, keepAlive, id, name } = visitor
      const { status, body } = await balancer.post({ path: '/a/api/visit', cookie, keepAlive })
      if (status !== 200) {
        tally.failed++
        return
      }
      visitor.acknowledged++
      tally.acknowledged++
      const session = (body as Partial<State>).session
      if (session?.owner !== name || session.id !== id) tally.loggedOut++
    }

    async function serve(): Promise<void> {
      while (goesOn) {
        const visitor = visitors[turn++ % VISITORS]
        if (visitor) await Promise.all([visit(visitor), visit(visitor), delay(PACE_MS)])
      }
    }

    const load = Promise.all(Array.from({ length: AT_ONCE }, serve))
    const more = async (visits: number) => {
      const enough = tally.acknowledged + visits
      const served = until(`${visits} more visits are answered`, () => tally.acknowledged >= enough, PATIENCE_MS)
      // A load that has failed says why.
      await Promise.race([served, load])
    }
    try {
      for (let restart = 0; restart < RESTARTS; restart++) {
        await more(BETWEEN)
        const which = restart % 2 === 0 ? 0 : 1
        const stoppedAt = performance.now()
        expect(await servers[which].stop('SIGTERM')).toBe(0)
        tally.slowestStopMs = Math.max(tally.slowestStopMs, Math.round(performance.now() - stoppedAt))
        expect(servers[which].told).toEqual([])
        servers[which] = start(environment)
        const url = await servers[which].url()
        urls[which] = url
        balancer.add(url)
      }
      await more(BETWEEN)
    } finally {
      goesOn = false
    }
    await load

    let lost = 0
    let twice = 0
    await Promise.all(
      visitors.map(async ({ name, cookie, acknowledged }) => {
        for (const url of urls) {
          const { session } = await stateAt(url, cookie)
          if (session.owner !== name) tally.loggedOut++
          lost += Math.max(0, acknowledged - session.visits)
          twice += Math.max(0, session.visits - acknowledged)
        }
      }),
    )
    console.log(
      `${RESTARTS} restarts, ${VISITORS} visitors: ${JSON.stringify({ ...tally, lost, twice, sentToTheOther: balancer.repeated })}`,
    )
    expect({ ...tally, lost, twice }).toMatchObject({ failed: 0, loggedOut: 0, lost: 0, twice: 0 })
    expect(tally.acknowledged).toBeGreaterThanOrEqual((RESTARTS + 1) * BETWEEN)
  },
  RESTARTS * PATIENCE_MS,
)
