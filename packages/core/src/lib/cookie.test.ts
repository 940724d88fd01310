import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readToken, type SetCookieOptions, setCookie } from './cookie.ts'
import { mintId } from './ids.ts'
import { formatToken, mintSecret, parseToken } from './sessions/token.ts'
import { thrownBy } from './testing-errors.ts'

const token = formatToken({ id: mintId(), secret: mintSecret() })

describe('setting the cookie', () => {
  it('is safe by default', () => {
    expect(setCookie(token)).toBe(`__Host-leeway=${token}; Path=/; HttpOnly; Secure; SameSite=Lax`)
  })

  it('has another name over plain HTTP, where browsers drop one with the prefix', () => {
    expect(setCookie(token, { secure: false })).toBe(`leeway=${token}; Path=/; HttpOnly; SameSite=Lax`)
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
    expect(setCookie(null, { maxAgeMs: 90_000 })).toBe(
      '__Host-leeway=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax',
    )
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
    ['a sameSite that is no word', { sameSite: true as never }],
    ['a secure that is no decision', { secure: 'auto' as never }],
    ['a secure from the environment', { secure: '0' as never }],
    ['a partitioned that is no decision', { secure: true, partitioned: 1 as never }],
    ['a name that is none', { name: 7 as never }],
    ['an empty domain', { name: 'sid', domain: '' }],
    ['a relative path', { name: 'sid', path: 'app' }],
    ['an empty path', { name: 'sid', path: '' }],
    ['a domain with the default name', { domain: 'example.org' }],
    ['a domain with the prefix', { name: '__Host-sid', domain: 'example.org' }],
    ['a domain with the prefix in another case, as browsers read it', { name: '__hOSt-sid', domain: 'example.org' }],
    ['another path with the default name', { path: '/app' }],
    ['another path with the prefix', { name: '__Host-sid', path: '/app' }],
    ['the prefix in another case over plain HTTP', { name: '__host-sid', secure: false }],
    ['a domain with the prefix for cookies of servers', { name: '__Host-Http-sid', domain: 'example.org' }],
  ])('refuses %s', (_what, options) => {
    expect(thrownBy(() => setCookie(token, options)).code).toBe('ERR_INVALID_OPTION')
  })
})

it('lets a name without the prefix have a domain and a path', () => {
  expect(setCookie(token, { name: '__Secure-sid', domain: 'example.org', path: '/app' })).toContain(
    'Domain=example.org',
  )
})

describe('reading the token', () => {
  it.each([
    ['on its own', `__Host-leeway=${token}`],
    ['among others', `a=1; __Host-leeway=${token}; b=2`],
    ['of two with its name, the first', `__Host-leeway=${token}; __Host-leeway=other`],
    ['without spaces', `a=1;__Host-leeway=${token};b=2`],
    ['beside one without the prefix, which a subdomain may have set', `leeway=tossed; __Host-leeway=${token}`],
    ['beside one that only looks like it', `__host-leeway=tossed; __Host-leeway=${token}`],
    ['after what is no cookie', `;;=; =x; %; a=%E0%A4%A; ${'\u0000'}; "; __Host-leeway=${token}`],
    ['after more than a server takes', `${'a=1; '.repeat(100_000)}__Host-leeway=${token}`],
    ['after a long run of separators', `${';'.repeat(500_000)}__Host-leeway=${token}`],
    ['after a long run of equals signs', `${'='.repeat(500_000)};__Host-leeway=${token}`],
  ])('finds it %s', (_what, header) => {
    expect(readToken(header)).toBe(token)
  })

  it.each([undefined, null, '', 'a=1', 'leeway=x', '__Host-leeway2=x', 'x__Host-leeway=x', ';;;', '='])(
    'finds none in %j',
    (header) => {
      expect(readToken(header)).toBeUndefined()
    },
  )

  it('finds it under another name, and under no name that every object has', () => {
    expect(readToken(`sid=${token}; leeway=other`, { name: 'sid' })).toBe(token)
    for (const name of ['constructor', '__proto__', 'toString']) expect(readToken('a=1', { name })).toBeUndefined()
  })

  it('takes it as it was sent: there is one spelling of a token', () => {
    const encoded = token.replace('.', '%2E')
    expect(readToken(`__Host-leeway=${encoded}`)).toBe(encoded)
    expect(readToken(`__Host-leeway="${token}"`)).toBe(`"${token}"`)
  })

  it('finds it where it was set over plain HTTP', () => {
    expect(readToken(`__Host-leeway=other; leeway=${token}`, { secure: false })).toBe(token)
  })

  it('of two without the prefix takes the first, which may be a subdomain’s', () => {
    expect(readToken(`leeway=tossed; leeway=${token}`, { secure: false })).toBe('tossed')
  })

  it.each<SetCookieOptions>([{}, { secure: false }, { name: 'sid' }, { name: '__Secure-sid', domain: 'example.org' }])(
    'gives back what was set with %o',
    (options) => {
      const [pair] = setCookie(token, options).split(';')
      expect(readToken(pair, options)).toBe(token)
    },
  )

  it('takes any header, and what it finds opens nothing that core did not mint', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (header) => {
        const found = readToken(header)
        expect(found === undefined || typeof found === 'string').toBe(true)
        expect(parseToken(found)).toBeUndefined()
      }),
    )
  })

  it('is never made to set anything but the one cookie', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (value, name) => {
        const headers = [setCookie(value), tried(() => setCookie('x', { name, secure: false }))]
        for (const header of headers) {
          expect(header ?? '').toMatch(/^[\x20-\x7e]*$/)
          if (header !== undefined) expect(header.split(';').length).toBeLessThanOrEqual(5)
        }
      }),
    )
  })
})

it.each([
  { sameSite: 'none' },
  { partitioned: true },
  { name: '__Host-sid' },
  { name: '__Secure-sid' },
  { name: '__Http-sid' },
] as const)('refuses %o over plain HTTP, where browsers drop it without a word', (options) => {
  expect(thrownBy(() => setCookie('token', { ...options, secure: false })).code).toBe('ERR_INVALID_OPTION')
  expect(() => setCookie('token', options)).not.toThrow()
})

function tried(call: () => string): string | undefined {
  try {
    return call()
  } catch {
    return undefined
  }
}
