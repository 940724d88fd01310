import { describe, expect, it } from 'vitest'
import { route, serve, shown } from './testing-applications.ts'
import { backends, isLeeway, kinds } from './testing-backends.ts'

const open = backends()

describe.each(kinds)('with %s', (kind) => {
  const writing = async (value: () => unknown) => {
    const backend = await open(kind)
    return serve(backend, {}, (app) =>
      app.get(
        '/write',
        route((request) => {
          request.session.a = value()
        }),
      ),
    )
  }

  it.each<[string, () => unknown, unknown]>([
    ['a date', () => new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a map', () => new Map([[1, 2]]), {}],
    ['NaN', () => Number.NaN, null],
    ['what has toJSON', () => ({ toJSON: () => ['made'] }), ['made']],
    ['undefined in an object', () => ({ b: undefined, c: 1 }), { c: 1 }],
    ['undefined in a list', () => [undefined, () => 1], [null, null]],
    [
      'an instance',
      () =>
        new (class Cart {
          items = ['book']
        })(),
      { items: ['book'] },
    ],
    ['text of any kind', () => '\u0000\u2028💥"\\', '\u0000\u2028💥"\\'],
    ['null', () => null, null],
    ['much', () => 'x'.repeat(100_000), 'x'.repeat(100_000)],
  ])('%s is stored as JSON.stringify makes it', async (_what, value, stored) => {
    await using server = await writing(value)
    const browser = server.browser()
    await browser.get('/write')
    expect((await shown(browser)).session.a).toEqual(stored)
  })

  it.each<[string, () => unknown]>([
    ['undefined', () => undefined],
    ['a function', () => () => 1],
    ['a symbol', () => Symbol('a')],
  ])('%s is left out', async (_what, value) => {
    await using server = await writing(value)
    const browser = server.browser()
    await browser.get('/set')
    await browser.get('/write')
    expect((await shown(browser)).session).not.toHaveProperty('a')
  })

  it(`the name __proto__ ${isLeeway(kind) ? 'is refused' : 'is stored'}, and changes no prototype`, async () => {
    const backend = await open(kind)
    await using server = await serve(backend, {}, (app) =>
      app.get(
        '/write',
        route((request) => {
          request.session.a = JSON.parse('{"__proto__":{"admin":true}}')
          return Reflect.get({}, 'admin')
        }),
      ),
    )
    const browser = server.browser()
    const answer = await browser.get('/write').then(
      (response) => response.text(),
      () => 'cut off',
    )
    expect(answer).not.toBe('true')
    const { a } = (await shown(browser)).session
    expect(a !== undefined).toBe(!isLeeway(kind))
  })
})
