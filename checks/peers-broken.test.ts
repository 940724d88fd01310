import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { unfollow } from '../peers/clock.ts'
import type { ExpressSession } from '../peers/express-api.ts'
import type { OpenPeer, Peer } from '../peers/peer.ts'
import { checks, runCheck } from '../peers/try-peer.ts'

/** A store for express-session that passes every check it is asked, and the parts of it that can be broken. */
interface Parts {
  keyOf(sid: string): string
  isLive(session: ExpressSession): boolean
  touched(stored: ExpressSession | undefined, given: ExpressSession): ExpressSession | undefined
  isSwept(session: ExpressSession): boolean
}

const expiresAt = ({ cookie }: ExpressSession) => new Date(cookie.expires ?? 0).getTime()

const whole: Parts = {
  keyOf: (sid) => sid,
  isLive: (session) => expiresAt(session) > Date.now(),
  touched: (stored, { cookie }) => stored && { ...stored, cookie },
  isSwept: (session) => expiresAt(session) <= Date.now(),
}

const services = { load: createRequire(new URL('../benchmarks/package.json', import.meta.url)), kills: 0 }

test.each([
  ['touch-after-destroy', 'a touch of an unknown id stored', { touched: (_: unknown, given: ExpressSession) => given }],
  ['touch-renews', 'the touched session', { touched: (stored: ExpressSession | undefined) => stored }],
  ['touch-expired', 'lacks its data', { touched: (_: unknown, { cookie }: ExpressSession) => ({ cookie }) }],
  ['expiry', 'from 1 ms after its expiry', { isLive: (session: ExpressSession) => expiresAt(session) >= Date.now() }],
  ['max-age-0', 'an expired session was served', { isLive: () => true }],
  ['clean-up', 'is still stored', { isSwept: () => false }],
  ['clean-up', 'the session that has not expired', { isSwept: () => true }],
  ['orders', 'a live session was not found', { isSwept: () => true }],
  ['id-names', 'what was set under', { keyOf: (sid: string) => (sid === '' ? String(Math.random()) : sid) }],
  ['id-case', 'the session in small letters', { keyOf: (sid: string) => sid.toLowerCase() }],
  ['id-long', 'the session of another id', { keyOf: (sid: string) => sid.slice(0, 255) }],
] as const)('the check %s catches a store of which it says: %s', async (name, message, broken) => {
  const check = checks.find((one) => one.name === name)
  if (!check) throw new Error(`there is no check ${name}`)
  expect(await runCheck(check, peerOf(whole), services)).toEqual({ of: name, verdict: 'pass' })
  const finding = await runCheck(check, peerOf({ ...whole, ...broken }), services)
  unfollow()
  expect(finding).toMatchObject({ of: name, verdict: 'fail', message: expect.stringContaining(message) })
})

function peerOf(parts: Parts): Peer {
  const stores = new Map<string, OpenPeer>()
  return {
    name: 'broken',
    title: 'broken',
    storage: 'process',
    how: '',
    open(scratch) {
      const opened = stores.get(scratch) ?? openWith(parts)
      stores.set(scratch, opened)
      return opened
    },
  }
}

function openWith({ keyOf, isLive, touched, isSwept }: Parts): OpenPeer {
  const sessions = new Map<string, string>()
  const read = (sid: string): ExpressSession | undefined => {
    const text = sessions.get(keyOf(sid))
    return text === undefined ? undefined : JSON.parse(text)
  }
  const write = (sid: string, session: ExpressSession) => void sessions.set(keyOf(sid), JSON.stringify(session))
  return {
    store: {
      get(sid, done) {
        const stored = read(sid)
        done(null, stored && isLive(stored) ? stored : undefined)
      },
      set(sid, session, done) {
        write(sid, session)
        done()
      },
      touch(sid, session, done) {
        const next = touched(read(sid), session)
        if (next) write(sid, next)
        done()
      },
      destroy(sid, done) {
        sessions.delete(keyOf(sid))
        done()
      },
    },
    async cleanUp() {
      for (const [key, text] of sessions) if (isSwept(JSON.parse(text))) sessions.delete(key)
    },
  }
}
