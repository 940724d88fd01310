import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { thrownBy } from '../testing-errors.ts'
import { jsonCodec } from './codec.ts'

const cycle: Record<string, unknown> = {}
cycle.self = { again: cycle }

const named = Object.assign([1], { name: 'x' })
const holes = Object.assign(new Array(3), { 0: 1, 2: 3 })
const symbolInArray = Object.assign([1], { [Symbol('s')]: 1 })
const hidden = Object.defineProperty({}, Symbol('s'), { value: 1, enumerable: false })

class Cart {
  items = []
}
class List extends Array<number> {}

const refused: [kind: string, value: unknown, path: string][] = [
  ['a Date', { cart: [0, 1, 2, { at: new Date() }] }, 'data.cart[3].at'],
  ['a Map', { seen: new Map() }, 'data.seen'],
  ['a Set', { seen: new Set() }, 'data.seen'],
  ['a BigInt', { n: 1n }, 'data.n'],
  ['NaN', { list: [[0, Number.NaN]] }, 'data.list[0][1]'],
  ['Infinity', { n: Number.POSITIVE_INFINITY }, 'data.n'],
  ['-Infinity', { n: Number.NEGATIVE_INFINITY }, 'data.n'],
  ['an instance of a class', { cart: new Cart() }, 'data.cart'],
  ['an instance of a class at the top', new Cart(), 'data'],
  ['a RegExp', { pattern: /x/ }, 'data.pattern'],
  ['an Error', { error: new Error('x') }, 'data.error'],
  ['a Buffer', { bytes: Buffer.from('x') }, 'data.bytes'],
  ['a typed array', { bytes: new Uint8Array(1) }, 'data.bytes'],
  ['a Promise', { later: Promise.resolve() }, 'data.later'],
  ['a boxed string', { text: Object('x') }, 'data.text'],
  ['a function', { run: () => 1 }, 'data.run'],
  ['a toJSON method', { toJSON: () => 1 }, 'data.toJSON'],
  ['a symbol', { s: Symbol('s') }, 'data.s'],
  ['a key that is a symbol', { a: { [Symbol('s')]: 1 } }, 'data.a'],
  ['a hidden key that is a symbol', { a: hidden }, 'data.a'],
  ['a key of an array that is a symbol', { a: symbolInArray }, 'data.a'],
  ['a cycle', cycle, 'data.self.again'],
  ['undefined in an array', { list: [1, undefined] }, 'data.list[1]'],
  ['a hole in an array', { list: holes }, 'data.list'],
  ['a named property of an array', { list: named }, 'data.list'],
  ['an instance of a subclass of Array', { list: new List(1, 2) }, 'data.list'],
  ['an own key named __proto__', JSON.parse('{"a":{"__proto__":{"admin":true}}}'), 'data.a.__proto__'],
  ['a key that is no identifier', { 'content-type': { 'a b': [Number.NaN] } }, 'data["content-type"]["a b"][0]'],
]

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = { a: value }
  return value
}

describe('the JSON codec refuses', () => {
  it.each(refused)('%s, and says where it stands', (_kind, value, path) => {
    const error = thrownBy(() => jsonCodec.encode(value, 'data'))
    expect(error.code).toBe('ERR_NOT_SERIALIZABLE')
    expect(error.path).toBe(path)
    expect(error.message).toContain(path)
  })

  it('more than 1,000 levels', () => {
    expect(() => jsonCodec.encode(nested(1000), 'data')).not.toThrow()
    expect(thrownBy(() => jsonCodec.encode(nested(1001), 'data')).code).toBe('ERR_NOT_SERIALIZABLE')
    expect(thrownBy(() => jsonCodec.encode(nested(100_000), 'data')).code).toBe('ERR_NOT_SERIALIZABLE')
  })
})

describe('the JSON codec keeps', () => {
  const plain = fc
    .jsonValue({ noUnicodeString: false })
    .map((value) => JSON.stringify(value))
    .filter((text) => !text.includes('"__proto__"'))
    .map((text) => JSON.parse(text) as unknown)

  it('every plain value exactly', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(jsonCodec.decode(jsonCodec.encode(value, 'data'))).toEqual(value)
      }),
    )
  })

  it('lone surrogates, in text that is well formed', () => {
    const encoded = jsonCodec.encode({ text: 'a\ud800b' }, 'data')
    expect(encoded.isWellFormed()).toBe(true)
    expect(jsonCodec.decode(encoded)).toEqual({ text: 'a\ud800b' })
  })

  it('objects without a prototype, as plain ones', () => {
    const bare = Object.assign(Object.create(null), { a: 1 })
    expect(jsonCodec.decode(jsonCodec.encode(bare, 'data'))).toEqual({ a: 1 })
  })

  it('the same object in two places, as two', () => {
    const shared = { n: 1 }
    expect(jsonCodec.decode(jsonCodec.encode({ a: shared, b: [shared, shared] }, 'data'))).toEqual({
      a: { n: 1 },
      b: [{ n: 1 }, { n: 1 }],
    })
  })

  it('keys named constructor and prototype, which are nothing special', () => {
    const data = { constructor: 'x', prototype: { a: 1 } }
    expect(jsonCodec.decode(jsonCodec.encode(data, 'data'))).toEqual(data)
  })

  it('no undefined property: that is a deletion', () => {
    expect(jsonCodec.encode({ a: undefined, b: { c: undefined } }, 'data')).toBe('{"b":{}}')
  })
})

describe('stored text of an attacker', () => {
  it.each([
    '{"__proto__":{"admin":true},"a":1}',
    '{"\\u005f_proto__":{"admin":true},"a":1}',
    '{"a":1,"b":{"__proto__":{"admin":true}}}',
    '{"a":1,"b":[{"__proto__":{"admin":true}}]}',
  ])('does not get a prototype in: %s', (text) => {
    const data = jsonCodec.decode(text) as Record<string, unknown>
    expect(data.a).toBe(1)
    expect((data as { admin?: unknown }).admin).toBeUndefined()
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
    expect(JSON.stringify(data)).not.toContain('__proto__')
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype)
  })
})
