import type { SessionStore } from '@leeway/core'
import { describe, expect, test } from 'vitest'
import { appOnSqlite } from './app-on-sqlite.ts'
import { chromiumBrowsers, Tab } from './in-chromium.ts'

const A_NOTE = 'A note, kept in the session'
const ENDED = 'The old session was ended, and opens nothing any more. This is a new one.'
const ANOTHER = 'This browser has another session since: somebody logged in in another tab.'
const STILL_HERE = 'Not saved, and still here: log in again to save it.'

const newBrowser = chromiumBrowsers()

describe('a logout in one tab', () => {
  test.each(['Visit', 'Rotate secret', 'Save note'])('is the end of what another tab was doing: %s', async (button) => {
    const { wrap, holdNext } = held()
    const { url, sessions } = await appOnSqlite({ wrap })
    const browser = await newBrowser()
    const [one, two] = [await Tab.open(browser, url), await Tab.open(browser, url)]
    await one.login('Ada')
    await two.press('Reload')
    await two.shows({ hello: 'Hello, Ada' })
    await two.type(A_NOTE, 'Typed before')
    const update = holdNext()
    await two.press(button)
    await update.reached
    await one.press('Log out')
    await one.shows({ badge: 'nothing stored', hello: '', note: expect.stringMatching(/^Logged out/) })
    update.release()
    await two.shows({ badge: 'logged out', hello: '', note: ENDED, memo: 'Typed before', memoStatus: STILL_HERE })
    expect(await sessions.list('Ada')).toEqual([])
    expect(await browser.cookies()).toEqual([])
  })

  test('and another login there are told in the other as a new session', async () => {
    const { url } = await appOnSqlite()
    const browser = await newBrowser()
    const [one, two] = [await Tab.open(browser, url), await Tab.open(browser, url)]
    await one.login('Ada')
    await two.press('Reload')
    await two.shows({ hello: 'Hello, Ada' })
    await one.press('Log out')
    await one.shows({ hello: '' })
    await one.login('Ada')
    await two.press('Reload')
    await two.shows({ badge: 'live', hello: 'Hello, Ada', note: ANOTHER })
  })

  test('is final: the back button brings back nothing of what was shown', async () => {
    const { url } = await appOnSqlite()
    const browser = await newBrowser()
    const [one, two] = [await Tab.open(browser, url), await Tab.open(browser, url)]
    await one.login('Ada')
    await one.page.goto(`${url}/a/api/state`)
    expect(await one.page.content()).toContain('Ada')
    await one.page.goto(`${url}/icon.svg`)
    await two.press('Reload')
    await two.press('Log out')
    await two.shows({ note: expect.stringMatching(/^Logged out/) })
    await one.page.goBack()
    expect(await one.page.content()).toContain('"owner":null')
    await one.page.goBack()
    await one.shows({ badge: 'nothing stored', hello: '', sessions: 0 })
  })

  test('takes the note off the page', async () => {
    const { url } = await appOnSqlite()
    const tab = await Tab.open(await newBrowser(), url)
    await tab.login('Ada')
    await tab.type(A_NOTE, 'Nothing for others')
    await tab.press('Log out')
    await tab.shows({ memo: null, note: expect.stringMatching(/^Logged out.* The note that was not saved is gone\.$/) })
    await tab.login('Ada')
    await tab.shows({ memo: '' })
  })
})

/** A store of which one update can be held back, between the request's reading and its writing. */
function held() {
  let next: { reached(): void; readonly released: Promise<void> } | undefined
  return {
    wrap: (inner: SessionStore): SessionStore => ({
      ...inner,
      async update(...args) {
        const hold = next
        next = undefined
        hold?.reached()
        await hold?.released
        return inner.update(...args)
      },
    }),
    holdNext() {
      const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      next = { reached: reached.resolve, released: released.promise }
      return { reached: reached.promise, release: released.resolve }
    },
  }
}
