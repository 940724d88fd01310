import { describe, expect, it } from 'vitest'
import { memoryStore } from '../memory-store.ts'
import { thrownBy } from '../testing-errors.ts'
import { httpSessions } from './http-sessions.ts'
import { resolveHttpOptions } from './options.ts'

/** Options as plain JavaScript would pass them. */
const loose = (options: object) => options as never

describe('options of sessions over HTTP', () => {
  it.each<[string, object]>([
    ['that do not exist', { maxAge: 1000 }],
    ['with an age of the cookie, which the session decides', { maxAgeMs: 1000 }],
    ['with an unknown lifetime of the cookie', { cookie: 'forever' }],
    ['with options of the cookie in a place of their own', { cookie: { name: 'sid' } }],
    ['with an unknown outage policy', { onStoreFailure: 'ignore' }],
    ['with an outage policy that is left open', { onStoreFailure: null }],
    ['with no time for the store', { storeTimeoutMs: 0 }],
    ['with more time for the store than a timer can wait, which would end at once', { storeTimeoutMs: 2 ** 31 }],
    ['with endless time for the store', { storeTimeoutMs: Number.POSITIVE_INFINITY }],
    ['with a guess about HTTPS', { secure: 'auto' }],
    ['with a domain under the default name', { domain: 'example.org' }],
    ['with a path under the default name', { path: '/app' }],
    ['with a prefixed name that plain HTTP would have too', { name: '__Host-sid', secure: () => true }],
    ['with sameSite none that plain HTTP would have too', { sameSite: 'none', secure: () => true }],
    ['with sameSite none over plain HTTP', { sameSite: 'none', secure: false }],
    ['with a clock that is none', { clock: {} }],
    ['with hints about a client in place of a function', { client: { userAgent: 'Browser/1.0' } }],
  ])('%s are refused at once', (_what, options) => {
    expect(thrownBy(() => resolveHttpOptions(loose(options))).code).toBe('ERR_INVALID_OPTION')
  })

  it('pass everything on to the cookie', () => {
    const options = { name: 'sid', domain: 'example.org', path: '/app', sameSite: 'none', partitioned: true } as const
    expect(resolveHttpOptions(options).cookieFor(undefined)).toEqual({ ...options, secure: true })
  })

  it('take what is undefined as not given', () => {
    const options = loose({ name: undefined, secure: undefined, cookie: undefined, onStoreFailure: undefined })
    expect(resolveHttpOptions(options).cookieFor(undefined as never)).toEqual({ secure: true })
  })

  it('let a function decide for each request whether it came over HTTPS', () => {
    const { cookieFor } = resolveHttpOptions<{ protocol: string }>({ secure: ({ protocol }) => protocol === 'https' })
    expect(cookieFor({ protocol: 'https' }).secure).toBe(true)
    expect(cookieFor({ protocol: 'http' }).secure).toBe(false)
  })

  it('hold such functions to an answer', () => {
    const { cookieFor, isFixed } = resolveHttpOptions(loose({ secure: () => undefined, cookie: () => 'forever' }))
    expect(thrownBy(() => cookieFor(undefined as never)).code).toBe('ERR_INVALID_OPTION')
    expect(thrownBy(() => isFixed(undefined as never)).code).toBe('ERR_INVALID_OPTION')
  })
})

it.each([[undefined], [memoryStore()], [{ store: memoryStore() }]])(
  'what is given in place of sessions is refused at once (%#)',
  (given) => {
    expect(thrownBy(() => httpSessions(given as never)).message).toBe('sessions must be what createSessions gave')
  },
)
