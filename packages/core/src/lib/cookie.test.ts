import { describe, expect, it } from 'vitest'
import { readToken, type SetCookieOptions, setCookie } from './cookie.ts'
import { mintId } from './ids.ts'
import { formatToken, mintSecret } from './sessions/token.ts'
import { thrownBy } from './testing-errors.ts'

const token = formatToken({ id: mintId(), secret: mintSecret() })

describe('setting the cookie', () => {
  it('is safe by default', () => {
    expect(setCookie(token)).toBe(`leeway=${token}; Path=/; HttpOnly; Secure; SameSite=Lax`)
  })

  it('takes every attribute', () => {
    const header = setCookie(token, {
      name: 'sid',
      maxAgeMs: 90_999,
      domain: 'example.org',
      path: '/app',
      secure: true,
      sameSite: 'strict',
      partitioned: true,
    })
    expect(header.split('; ').sort()).toEqual(
      [
        `sid=${token}`,
        'Max-Age=91',
        'Domain=example.org',
        'Path=/app',
        'HttpOnly',
        'Secure',
        'SameSite=Strict',
        'Partitioned',
      ].sort(),
    )
  })

  it('takes the cookie away where there is no token, whatever its age would be', () => {
    expect(setCookie(null, { maxAgeMs: 90_000 })).toBe('leeway=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax')
  })

  it('lets a token into the value and nowhere else', () => {
    const header = setCookie('x; Domain=evil.example\r\nSet-Cookie: a=b')
    expect(header.split(';')).toHaveLength(5)
    expect(header).not.toMatch(/[\r\n]/)
  })

  it.each<[string, SetCookieOptions]>([
    ['a name with a line break', { name: 'a\r\nSet-Cookie: b' }],
    ['a name with a separator', { name: 'a=b;c' }],
    ['an empty name', { name: '' }],
    ['a domain with a line break', { domain: 'a\r\nb' }],
    ['a domain with an attribute', { domain: 'a; Path=/x' }],
    ['a path with a line break', { path: '/\r\nSet-Cookie: b' }],
    ['a path with an attribute', { path: '/; Domain=evil.example' }],
    ['a negative age', { maxAgeMs: -1 }],
    ['an age that is no number', { maxAgeMs: Number.NaN }],
    ['a fraction', { maxAgeMs: 0.5 }],
    ['an unknown sameSite', { sameSite: 'loose' as 'lax' }],
  ])('refuses %s', (_what, options) => {
    expect(thrownBy(() => setCookie(token, options)).code).toBe('ERR_INVALID_OPTION')
  })
})

describe('reading the token', () => {
  it.each([
    ['on its own', `leeway=${token}`],
    ['among others', `a=1; leeway=${token}; b=2`],
    ['of two with its name, the first', `leeway=${token}; leeway=other`],
    ['without spaces', `a=1;leeway=${token};b=2`],
  ])('finds it %s', (_what, header) => {
    expect(readToken(header)).toBe(token)
  })

  it.each([undefined, null, '', 'a=1', 'leeway2=x', 'xleeway=x', ';;;', '='])('finds none in %j', (header) => {
    expect(readToken(header)).toBeUndefined()
  })

  it('finds it under another name, and under no name that every object has', () => {
    expect(readToken(`sid=${token}; leeway=other`, { name: 'sid' })).toBe(token)
    for (const name of ['constructor', '__proto__', 'toString']) expect(readToken('a=1', { name })).toBeUndefined()
  })

  it('gives back what was set', () => {
    const [pair] = setCookie(token).split(';')
    expect(readToken(pair)).toBe(token)
  })
})

it.each([{ sameSite: 'none' }, { partitioned: true }, { name: '__Host-sid' }, { name: '__Secure-sid' }] as const)(
  'refuses %o over plain HTTP, where browsers drop it without a word',
  (options) => {
    expect(thrownBy(() => setCookie('token', { ...options, secure: false })).code).toBe('ERR_INVALID_OPTION')
    expect(() => setCookie('token', options)).not.toThrow()
  },
)
