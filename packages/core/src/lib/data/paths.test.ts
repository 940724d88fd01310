import { describe, expect, it } from 'vitest'
import { thrownBy } from '../testing-errors.ts'
import { jsonCodec } from './codec.ts'
import { devalueCodec } from './devalue-codec.ts'

class Cart {
  items = []
}
const unnamed = { prototype: { constructor: Object.defineProperty(class {}, 'name', { value: 7 }) } }

describe.each([
  ['JSON', jsonCodec],
  ['devalue', devalueCodec()],
])('an instance that the %s codec refuses', (_name, codec) => {
  const reason = (prototype: object) => thrownBy(() => codec.encode(Object.create(prototype), 'data')).message

  it('is called by its class', () => {
    expect(reason(Cart.prototype)).toBe('data: an instance of Cart cannot be stored')
    expect(reason(unnamed.prototype)).toBe('data: an instance of a class cannot be stored')
  })

  it.each(['{"name":{"toString":1}}', '{"name":"\\nforged line"}', 'null', '7'])(
    'has no say in it where its prototype comes from a request, with the constructor %s',
    (claimed) => {
      const assigned = Object.assign({}, JSON.parse(`{"__proto__":{"constructor":${claimed}}}`))
      const error = thrownBy(() => codec.encode(assigned, 'data'))
      expect([error.code, error.message]).toEqual([
        'ERR_NOT_SERIALIZABLE',
        'data: an instance of a class cannot be stored',
      ])
    },
  )
})
