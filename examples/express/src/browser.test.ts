import { LeewayError, type SessionStore } from '@leeway/core'
import { manualClock } from '@leeway/core/testing'
import { describe, expect, test } from 'vitest'
import { appOnSqlite } from './app-on-sqlite.ts'
import { chromiumBrowsers, Tab } from './in-chromium.ts'

const IDLE_MS = 30 * 60_000
const A_NOTE = 'A note, kept in the session'
const EXPIRED = 'The old session has expired: nobody is served in the grace.'
const ENDED = 'The old session was ended, and opens nothing any more. This is a new one.'
const STILL_HERE = 'Not saved, and still here: log in again to save it.'

const newBrowser = chromiumBrowsers()

test('a visitor logs in, and the page says so, after a reload too', async () => {
  const { url, sessions } = await appOnSqlite()
  const tab = await Tab.open(await newBrowser(), url)
  await tab.shows({ badge: 'nothing stored', hello: '', memo: null })
  await tab.press('Visit')
  await tab.shows({ badge: 'live', visits: '1' })
  await tab.login('Ada')
  await tab.shows({ visits: '1', sessions: 1, memo: '' })
  await tab.page.reload()
  await tab.shows({ badge: 'live', hello: 'Hello, Ada', visits: '1' })
  expect(await sessions.list('Ada')).toHaveLength(1)
  expect(tab.complaints).toEqual([])
})

test('two tabs of one browser share the session', async () => {
  const { url, sessions } = await appOnSqlite()
  const browser = await newBrowser()
  const [one, two] = [await Tab.open(browser, url), await Tab.open(browser, url)]
  await one.login('Ada')
  await two.press('Visit')
  await two.shows({ hello: 'Hello, Ada', visits: '1', sessions: 1 })
  await one.press('Visit')
  await one.shows({ visits: '2' })
  await one.press('Rotate secret')
  await one.shows({ note: expect.stringMatching(/^A new secret/) })
  await two.press('Visit')
  await two.shows({ badge: 'live', hello: 'Hello, Ada', visits: '3' })
  expect(await sessions.list('Ada')).toHaveLength(1)
})

describe('two browsers of one user', () => {
  async function bothLoggedIn() {
    const { url, sessions } = await appOnSqlite()
    const [laptop, phone] = [await Tab.open(await newBrowser(), url), await Tab.open(await newBrowser(), url)]
    await laptop.login('Ada')
    await phone.login('Ada')
    await phone.shows({ sessions: 2 })
    await laptop.press('Reload')
    await laptop.shows({ sessions: 2 })
    const ids = (await sessions.list('Ada')).map(({ id }) => id)
    return { laptop, phone, sessions, ids }
  }

  test('have a session each', async () => {
    const { laptop, phone, ids } = await bothLoggedIn()
    await laptop.press('Visit')
    await laptop.shows({ visits: '1' })
    await phone.press('Reload')
    await phone.shows({ visits: '0' })
    expect(new Set(ids).size).toBe(2)
  })

  test('one ends the other: it is out at its next request, and keeps what was typed', async () => {
    const { laptop, phone, sessions } = await bothLoggedIn()
    await phone.type(A_NOTE, 'Call Charles')
    const theirs = await phone.sessionId()
    await laptop.press(`End session ${theirs.slice(0, 5)}`)
    await laptop.shows({ sessions: 1, hello: 'Hello, Ada' })
    expect((await sessions.list('Ada')).map(({ id }) => id)).not.toContain(theirs)
    // Nobody has told it yet.
    await phone.shows({ hello: 'Hello, Ada', memo: 'Call Charles', memoStatus: 'Not saved yet.' })

    await phone.press('Save note')
    await phone.shows({ badge: 'logged out', hello: '', note: ENDED, memo: 'Call Charles', memoStatus: STILL_HERE })
    await phone.login('Ada')
    await phone.press('Save note')
    await phone.shows({ memo: 'Call Charles', memoStatus: '', sessions: 2 })
    await phone.page.reload()
    await phone.shows({ memo: 'Call Charles', memoStatus: '' })
    await laptop.press('Reload')
    await laptop.shows({ hello: 'Hello, Ada', memo: '' })
  })
})

describe('a session that expires while a note is typed', () => {
  async function typedTooLong() {
    const clock = manualClock()
    const { url } = await appOnSqlite({ clock })
    const tab = await Tab.open(await newBrowser(), url)
    await tab.login('Ada')
    await tab.type(A_NOTE, 'The first note')
    await tab.press('Save note')
    await tab.shows({ note: expect.stringMatching(/^Saved/) })
    await tab.type(A_NOTE, 'A longer note')
    clock.advance(IDLE_MS)
    await tab.press('Save note')
    await tab.shows({ badge: 'expired', hello: '', note: EXPIRED, memo: 'A longer note', memoStatus: STILL_HERE })
    return tab
  }

  test('is told, and the note can be saved after another login', async () => {
    const tab = await typedTooLong()
    await tab.press('Save note')
    await tab.shows({ note: 'log in first', memo: 'A longer note', memoStatus: STILL_HERE })
    await tab.login('Ada')
    await tab.shows({ badge: 'live', memo: 'A longer note', memoStatus: 'Not saved yet.' })
    await tab.press('Save note')
    await tab.shows({ note: expect.stringMatching(/^Saved/), memoStatus: '' })
    await tab.page.reload()
    await tab.shows({ hello: 'Hello, Ada', memo: 'A longer note' })
  })

  test('does not leave the note to somebody else who logs in', async () => {
    const tab = await typedTooLong()
    await tab.login('Charles')
    await tab.shows({ memo: '', memoStatus: 'What Ada had not saved was taken off this page.' })
  })

  test('takes off the page what was saved, where nothing else was typed', async () => {
    const clock = manualClock()
    const { url } = await appOnSqlite({ clock })
    const tab = await Tab.open(await newBrowser(), url)
    await tab.login('Ada')
    await tab.type(A_NOTE, 'The first note')
    await tab.press('Save note')
    await tab.shows({ note: expect.stringMatching(/^Saved/) })
    clock.advance(IDLE_MS)
    await tab.press('Reload')
    await tab.shows({ badge: 'expired', note: EXPIRED, memo: null })
  })
})

test('while the store is out, the page says so, and nobody is logged out or loses what was typed', async () => {
  let isOut = false
  const wrap = (store: SessionStore): SessionStore => ({
    ...store,
    load: (id) => (isOut ? Promise.reject(new LeewayError('ERR_STORE_FAILED', 'the disk is gone')) : store.load(id)),
  })
  const { url } = await appOnSqlite({ wrap })
  const tab = await Tab.open(await newBrowser(), url)
  await tab.login('Ada')
  const before = await tab.sessionId()
  await tab.type(A_NOTE, 'Call Charles')
  isOut = true
  await tab.press('Save note')
  await tab.shows({ note: 'sessions are unavailable, please try again', memo: 'Call Charles', hello: 'Hello, Ada' })
  isOut = false
  await tab.press('Save note')
  await tab.shows({ note: expect.stringMatching(/^Saved/), memo: 'Call Charles', memoStatus: '', hello: 'Hello, Ada' })
  expect(await tab.sessionId()).toBe(before)
})

test('the races run', async () => {
  const { url } = await appOnSqlite()
  const { page, complaints } = await Tab.open(await newBrowser(), url)
  await page.locator('::-p-aria([name="Run them"][role="button"])').click()
  await page.waitForSelector(
    '#replay-status::-p-text(The upsert store lost the session in 3 of 3 orders, leeway in none.)',
  )
  expect(await page.$$('.race')).toHaveLength(3)
  await page.locator('::-p-aria([name="all ten orders"][role="checkbox"])').click()
  await page.locator('::-p-aria([name="Run them again"][role="button"])').click()
  await page.waitForSelector('#replay-status::-p-text(in 3 of 10 orders, leeway in none.)')
  expect(await page.$$('.race')).toHaveLength(10)
  expect(complaints).toEqual([])
})
