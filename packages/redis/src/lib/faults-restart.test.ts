import { until } from '@leeway/testing'
import { describe, expect, it } from 'vitest'
import { redisStore } from '../index.ts'
import { Load } from '../testing/load.ts'
import { clientOf, live, outcomeOf, serverOf } from '../testing/support.ts'

const TIMEOUT_MS = 1_000
/** How late a rejection may be while this machine does other things. */
const LATE_MS = 1_500

function expectOrderly({ errors, slowestMs }: Load): void {
  expect(slowestMs).toBeLessThan(TIMEOUT_MS + LATE_MS)
  for (const { code } of errors) expect(['ERR_STORE_FAILED', 'ERR_STORE_TIMEOUT']).toContain(code)
}

function report(what: string, load: Load, more: object = {}): void {
  const { calls, errors, slowestMs, sessions, missing } = load
  const figures = {
    calls,
    failed: errors.length,
    acknowledged: sessions.length,
    missing,
    slowestMs: Math.round(slowestMs),
  }
  console.log(`${what}: ${JSON.stringify({ ...figures, ...more })}`)
}

describe('a server that is killed and started again under load', () => {
  it('has every acknowledged write where each is on its disk', async () => {
    const server = await serverOf({ appendonly: 'always' })
    const store = redisStore({ client: clientOf(server), commandTimeoutMs: TIMEOUT_MS })
    const load = new Load(store)
    for (let round = 1; round <= 2; round++) {
      await until('some are acknowledged', () => load.sessions.length > round * 40)
      await server.restart()
    }
    const before = load.sessions.length
    await until('it goes on', () => load.sessions.length > before + 40)
    await load.stop()
    const lost = await load.lost()
    report('killed twice, appendfsync always', load, { lost })
    expect([load.missing, lost]).toEqual([0, 0])
    expectOrderly(load)
  })

  it('has lost what was only in its memory, and goes on', async () => {
    const server = await serverOf()
    const store = redisStore({ client: clientOf(server), commandTimeoutMs: TIMEOUT_MS })
    const load = new Load(store)
    await until('some are acknowledged', () => load.sessions.length > 40)
    await server.kill()
    const before = load.sessions.length
    await server.start()
    await until('it goes on', () => load.sessions.length > before + 40)
    await load.stop()
    const lost = await load.lost()
    report('killed once, in memory', load, { lost })
    expect(lost).toBeGreaterThan(0)
    // What was acknowledged after the restart is there; 8 callers had one each on its way.
    expect(lost).toBeLessThanOrEqual(before + 8)
    expectOrderly(load)
  })
})

it('connections that the server cuts under load lose nothing', async () => {
  const server = await serverOf()
  const client = clientOf(server)
  const load = new Load(redisStore({ client, commandTimeoutMs: TIMEOUT_MS }))
  for (let round = 1; round <= 10; round++) {
    await until('some are acknowledged', () => load.sessions.length > round * 20)
    await server.command('CLIENT', 'KILL', 'TYPE', 'normal')
  }
  const before = load.sessions.length
  await until('it goes on', () => load.sessions.length > before + 40)
  await load.stop()
  const lost = await load.lost()
  report('connections cut ten times', load, { lost })
  expect([load.missing, lost]).toEqual([0, 0])
  expectOrderly(load)
})

describe('a server that loads its data', () => {
  // The server pauses after each command that it reads back: long enough to be seen, and bounded.
  const args = ['--key-load-delay', '600']

  it.each([
    ['waits for it, as clients do', true],
    ['asks all the same', false],
  ])('is not taken for one without sessions by a client that %s', async (_what, enableReadyCheck) => {
    const server = await serverOf({ appendonly: 'everysec', args })
    const client = clientOf(server, { enableReadyCheck })
    const store = redisStore({ client, commandTimeoutMs: 300 })
    const session = live('x')
    await store.create(session)
    await Promise.all(Array.from({ length: 2_500 }, (_, number) => client.set(`filler:${number}`, 'x')))
    await server.command('CONFIG', 'SET', 'appendfsync', 'always')
    await server.command('SET', 'last', 'x')
    await server.kill()
    const started = server.start()
    let isUp = false
    void started.then(() => {
      isUp = true
    })
    const messages = new Set<string>()
    let [failures, slowestMs] = [0, 0]
    while (!isUp) {
      const outcome = await outcomeOf(store.load(session.id))
      if ('value' in outcome) {
        expect(outcome.value).toEqual(session)
        continue
      }
      failures++
      messages.add(outcome.error.message)
      slowestMs = Math.max(slowestMs, outcome.ms)
    }
    await started
    console.log(
      `while loading: ${failures} failures, the slowest after ${Math.round(slowestMs)} ms: ${[...messages].join('; ')}`,
    )
    expect(failures).toBeGreaterThan(0)
    expect(slowestMs).toBeLessThan(300 + LATE_MS)
    await until('it answers', async () => 'value' in (await outcomeOf(store.load(session.id))))
    expect(await store.load(session.id)).toEqual(session)
  })
})
