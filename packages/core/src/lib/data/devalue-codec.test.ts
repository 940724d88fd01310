import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { thrownBy } from '../testing-errors.ts'
import { setup, tokenIn } from '../testing-sessions.ts'
import { devalueCodec } from './devalue-codec.ts'
import { mergeText } from './merge.ts'

const codec = devalueCodec()
const again = (value: unknown) => codec.decode(codec.encode(value, 'data'))

class Cart {
  items = []
}
class Dates extends Map<string, Date> {}

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = { a: value }
  return value
}

describe('the devalue codec gives back', () => {
  it.each<[string, unknown]>([
    ['a Date', { at: new Date(1) }],
    [
      'a Map',
      {
        seen: new Map<unknown, unknown>([
          ['a', new Date(1)],
          [{ b: 1 }, new Set([1n])],
        ]),
      },
    ],
    ['a Set', { seen: new Set(['a', undefined, Number.NaN]) }],
    ['a BigInt', { n: 2n ** 70n }],
    ['numbers that JSON has not', [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0]],
    ['undefined', { list: [1, undefined], absent: undefined }],
    ['bytes', { bytes: new Uint8Array([0, 1, 255]) }],
    ['a date that is none', { at: new Date(Number.NaN) }],
    ['lone surrogates', { text: 'a\ud800b', 'k\udc00': 1 }],
    ['keys named constructor and prototype', { constructor: 'x', prototype: { a: 1 } }],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
  ])('%s', (_kind, value) => {
    expect(again(value)).toEqual(value)
    expect(codec.encode(value, 'data').isWellFormed()).toBe(true)
  })

  it('cycles', () => {
    const cycle: Record<string, unknown> = {}
    cycle.self = { again: cycle }
    const back = again(cycle) as typeof cycle
    expect((back.self as typeof cycle).again).toBe(back)
  })

  it('one object in two places, as one', () => {
    const shared = { n: 1 }
    const back = again({ a: shared, b: [shared] }) as { a: unknown; b: unknown[] }
    expect(back.b[0]).toBe(back.a)
  })
})

describe('the devalue codec refuses', () => {
  const named = Object.assign([1], { name: 'x' })
  const holes = Object.assign(new Array(3), { 0: 1, 2: 3 })

  it.each<[kind: string, value: unknown, path: string]>([
    ['an instance of a class', { cart: [0, { at: new Cart() }] }, 'data.cart[1].at'],
    ['an instance of a class at the top', new Cart(), 'data'],
    ['a subclass of Map', { dates: new Dates() }, 'data.dates'],
    ['a subclass of Array', { list: new (class extends Array {})() }, 'data.list'],
    ['a Date of another realm', { at: runInNewContext('new Date()') }, 'data.at'],
    ['what pretends to be a Date', { at: Object.create(Date.prototype) }, 'data.at'],
    ['a Date with a property', { at: Object.assign(new Date(), { zone: 'x' }) }, 'data.at'],
    ['a function', { 'a b': { run: () => 1 } }, 'data["a b"].run'],
    ['a symbol', { s: Symbol('s') }, 'data.s'],
    ['a key that is a symbol', { a: { [Symbol('s')]: 1 } }, 'data.a'],
    ['a function as a key of a Map', { m: new Map([[() => 1, 1]]) }, 'data.m.keys()[0]'],
    ['a function in a Map', { m: new Map([['a', new Set([() => 1])]]) }, 'data.m.values()[0].values()[0]'],
    ['a RegExp', { pattern: /x/g }, 'data.pattern'],
    ['an Error', { error: new Error('x') }, 'data.error'],
    ['a Buffer, which would come back as a Uint8Array', { bytes: Buffer.from('x') }, 'data.bytes'],
    ['bytes that are a part of a buffer', { bytes: new Uint8Array(new ArrayBuffer(8), 2, 4) }, 'data.bytes'],
    ['a Promise', { later: Promise.resolve() }, 'data.later'],
    ['a boxed string', { text: Object('x') }, 'data.text'],
    ['a hole in an array', { list: holes }, 'data.list'],
    ['a named property of an array', { list: named }, 'data.list'],
    ['an own key named __proto__', JSON.parse('{"a":{"__proto__":{"admin":true}}}'), 'data.a.__proto__'],
  ])('%s, and says where it stands', (_kind, value, path) => {
    const error = thrownBy(() => codec.encode(value, 'data'))
    expect([error.code, error.path]).toEqual(['ERR_NOT_SERIALIZABLE', path])
  })

  it('more than 1,000 levels', () => {
    expect(() => again(nested(1000))).not.toThrow()
    expect(thrownBy(() => codec.encode(nested(1001), 'data')).code).toBe('ERR_NOT_SERIALIZABLE')
    expect(thrownBy(() => codec.encode(nested(100_000), 'data')).code).toBe('ERR_NOT_SERIALIZABLE')
  })
})

describe('stored text of an attacker', () => {
  it.each([
    '[{"__proto__":1},{"admin":2},true]',
    '[{"\\u005f_proto__":1},{"admin":2},true]',
    '[["null","__proto__",1],{"admin":2},true]',
    '[{"a":1},["Cart"]]',
    '[{"a":1},["Object",2],"x"]',
    '[{"a":1},["RegExp","(a+)+$"]]',
    '[{"a":1},["URL","https://example.com"]]',
    '[{"a":1},["constructor","return process"]]',
    '[{"a":1},[-7,4294967295]]',
    '[{"a":1},["ArrayBuffer","AAAA"]]',
    '[{"a":1},["Float64Array",2],["ArrayBuffer","AAAAAAAAAAA="]]',
    '[{"a":1},["Uint8Array",2],4294967295]',
    '[{"a":9}]',
    '[["Set"',
    '',
    '{"a":1}',
  ])('is not decoded: %s', (text) => {
    expect(() => codec.decode(text)).toThrow()
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
  })

  it('of any kind gives only what could have been encoded, or nothing', () => {
    const part = fc.oneof(
      fc.integer({ min: -8, max: 5 }),
      fc.constantFrom('Date', 'Map', 'Set', 'BigInt', 'null', 'Object', 'RegExp', '__proto__', 'constructor', 'x'),
    )
    const entry = fc.oneof(
      part,
      fc.array(part, { maxLength: 4 }),
      fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), part),
    )
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), (entries) => {
        let value: unknown
        try {
          value = codec.decode(JSON.stringify(entries))
        } catch {
          return
        }
        expect(() => codec.encode(value, 'data')).not.toThrow()
      }),
      { numRuns: 1000 },
    )
  })
})

it('equal values become equal texts, and what is decoded is encoded as it was', () => {
  const value = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    key: fc.stringMatching(/^[a-z]/),
  })
  fc.assert(
    fc.property(value, (given) => {
      const text = codec.encode({ given }, 'data')
      const back = codec.decode(text)
      expect(back).toEqual({ given })
      expect(codec.encode(back, 'data')).toBe(text)
    }),
  )
})

it('keys are merged one by one, and keep what they hold', () => {
  const text = (value: unknown) => codec.encode(value, 'data')
  const base = { at: new Date(0), seen: new Set(['a']), kept: new Map([['x', 1n]]) }
  const merged = mergeText(
    codec,
    {
      base: text(base),
      ours: text({ ...base, at: new Date(1) }),
      theirs: text({ ...base, seen: new Set(['a', 'b']) }),
    },
    undefined,
  )
  expect(codec.decode(merged.text)).toEqual({ ...base, at: new Date(1), seen: new Set(['a', 'b']) })
})

it('what two keys share is one object until a merge takes them from different requests', async () => {
  const { sessions, open } = setup({ codec })
  const session = await sessions.open()
  session.data.a = { n: 1 }
  session.data.b = session.data.a
  const token = tokenIn(await session.save())
  const [one, two] = [await open(token), await open(token)]
  expect(one.data.a).toBe(one.data.b)
  one.data.c = 1
  two.data.a = { n: 2 }
  await one.save()
  await two.save()
  const { data } = await open(token)
  expect(data).toEqual({ n: 0, a: { n: 2 }, b: { n: 1 }, c: 1 })
})

it('a session that was only read is not changed', async () => {
  const { sessions, open, backend } = setup({ codec })
  const session = await sessions.open()
  session.data.a = new Map([[1n, { at: new Date(5), none: undefined }]])
  const token = tokenIn(await session.save())
  backend.forget()
  expect(await (await open(token)).save()).toEqual({ status: 'unchanged', token: null })
  expect(backend.calls).toEqual(['load'])
})
