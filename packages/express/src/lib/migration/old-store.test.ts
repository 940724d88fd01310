import { inspect } from 'node:util'
import { systemClock } from '@leeway/core'
import { expect, it } from 'vitest'
import { type OldSessionStore, OldStore } from './old-store.ts'

const oldStore = (store: OldSessionStore) => new OldStore(store, systemClock, 10_000)
const SID = 'an-id-that-opens-a-session/+='

it.each<[string, unknown]>([
  [
    'a path',
    Object.assign(new Error(`EACCES, open 'sessions/${SID}.json'`), { code: 'EACCES', path: `sessions/${SID}.json` }),
  ],
  ['a command', Object.assign(new Error('READONLY'), { command: { name: 'get', args: [`sess:${SID}`] } })],
  ['a key in a URL', new Error(`GET https://store.example/${encodeURIComponent(SID)} failed`)],
  ['an error within an error', new Error('failed', { cause: new Error(SID) })],
  ['a text', `no ${SID}`],
])('an id that opens a session is in no error of the store, which has it in %s', async (_what, failure) => {
  const old = oldStore({ get: (_sid, done) => done(failure), destroy: (_sid, done) => done?.(failure) })
  for (const call of [old.get(SID), old.destroy(SID)]) {
    const error: unknown = await call.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ERR_STORE_FAILED', cause: expect.any(Error) })
    const shown = inspect(error, { depth: 10, showHidden: true })
    expect(shown).not.toContain(SID)
    expect(shown).not.toContain(encodeURIComponent(SID))
  }
})

it('what else the store said stays', async () => {
  const failure = Object.assign(new TypeError(`no connection for ${SID}`), { code: 'ECONNREFUSED' })
  const old = oldStore({ get: (_sid, done) => done(failure), destroy: () => {} })
  const error: unknown = await old.get(SID).catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    cause: { name: 'TypeError', message: 'no connection for an-id-…', code: 'ECONNREFUSED' },
  })
})
