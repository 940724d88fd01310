import { describe, expect, it } from 'vitest'
import { application, gate } from '../testing/application.ts'
import type { Browser } from '../testing/browser.ts'
import { leewayNames, type Subject, subjects } from '../testing/subjects.ts'

const VISITORS = 10
const EACH = 20

/** Requests that have all loaded their session before any of them saves it. */
async function inFlight(subject: Subject) {
  const meeting = gate(VISITORS * EACH)
  const app = await application(subject, {
    '/slow': async (ctx) => {
      await meeting.wait()
      ctx.session[`late${ctx.query.i}`] = 'written'
      ctx.body = ''
    },
  })
  const visitors = await Promise.all(
    Array.from({ length: VISITORS }, async () => {
      const browser = app.browser()
      await browser.fetch('/write?user=alice')
      return browser
    }),
  )
  const copies = visitors.map((browser) => browser.copy())
  const begin = (browser: Browser) =>
    Array.from({ length: EACH }, (_, i) =>
      browser
        .copy()
        .fetch(`/slow?i=${i}`)
        .then(({ status }) => status),
    )
  const answers = Promise.all(visitors.flatMap(begin))
  await meeting.full
  return { app, visitors, copies, answers, open: meeting.open }
}

async function alive(copies: readonly Browser[]): Promise<number> {
  const found = await Promise.all(copies.map((browser) => browser.json('/read')))
  return found.filter((session) => Object.keys(Object(session)).length > 0).length
}

/** How many sessions are back after all visitors have asked for this path while their other requests were under way. */
async function backAfter(subject: Subject, path: string): Promise<number> {
  const { app, visitors, copies, answers, open } = await inFlight(subject)
  await using _ = app
  await Promise.all(visitors.map((browser) => browser.fetch(path)))
  open()
  expect(await answers).toEqual(Array(VISITORS * EACH).fill(200))
  return await alive(copies)
}

/** How many of the changes that each visitor's requests made at once are still there, for each visitor. */
async function keptOf(subject: Subject): Promise<number[]> {
  const { app, visitors, answers, open } = await inFlight(subject)
  await using _ = app
  open()
  await answers
  const sessions = await Promise.all(visitors.map((browser) => browser.json('/read')))
  return sessions.map((session) => Object.values(Object(session)).filter((value) => value === 'written').length)
}

const ENDS = [
  ['logout', '/logout'],
  ['login with regenerate()', '/login'],
] as const

describe(`${VISITORS * EACH} requests in flight`, () => {
  const make = subjects()

  it.each(leewayNames.flatMap((name) => ENDS.map(([what, path]) => [name, what, path] as const)))(
    'on %s bring back no session after its %s',
    async (name, what, path) => {
      const back = await backAfter(make(name), path)
      console.log(`${name}: after its ${what} ${back} of ${VISITORS} sessions are back`)
      expect(back).toBe(0)
    },
  )

  it.each(leewayNames)('on %s that change different keys all keep their change', async (name) => {
    const kept = await keptOf(make(name))
    console.log(`${name}: of ${EACH} changes of a session at once, at least ${Math.min(...kept)} are kept`)
    expect(kept).toEqual(Array(VISITORS).fill(EACH))
  })

  it.each(ENDS)(
    'on a Map, which is all that koa-session asks for, bring back every session after its %s',
    async (what, path) => {
      const back = await backAfter(make('a Map'), path)
      console.log(`a Map: after its ${what} ${back} of ${VISITORS} sessions are back`)
      expect(back).toBe(VISITORS)
    },
  )

  it('on a Map that change different keys lose all changes but one', async () => {
    const kept = await keptOf(make('a Map'))
    console.log(`a Map: of ${EACH} changes of a session at once, at most ${Math.max(...kept)} are kept`)
    expect(kept).toEqual(Array(VISITORS).fill(1))
  })
})
