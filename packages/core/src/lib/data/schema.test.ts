import { inspect } from 'node:util'
import { type } from 'arktype'
import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { thrownBy } from '../testing-errors.ts'
import { validated } from './schema.ts'

const schemas = [
  ['zod', z.object({ email: z.string(), cart: z.array(z.object({ 'unit price': z.number() })) })],
  ['valibot', v.object({ email: v.string(), cart: v.array(v.object({ 'unit price': v.number() })) })],
  ['arktype', type({ email: 'string', cart: type({ 'unit price': 'number' }).array() })],
] as const

describe.each(schemas)('a schema of %s', (_library, schema) => {
  it('passes what fits', () => {
    const data = { email: '', cart: [{ 'unit price': 1 }] }
    expect(validated(schema, data)).toEqual(data)
  })

  it('names the places that do not fit, and not what stands there', () => {
    const data = { email: 'alice@example.com', cart: [{ 'unit price': 1 }, { 'unit price': 'secret' }] }
    const error = thrownBy(() => validated(schema, data))
    expect([error.code, error.operation]).toEqual(['ERR_INVALID_DATA', 'save'])
    expect(error.paths).toEqual(['data.cart[1]["unit price"]'])
    expect(error.message).toContain('data.cart[1]["unit price"]')
    expect(inspect(error, { depth: null })).not.toMatch(/secret|alice/)
  })

  it('names the data as a whole where that does not fit', () => {
    expect(thrownBy(() => validated(schema, 1)).paths).toEqual(['data'])
  })
})

it('ten places are named at most, and each once', () => {
  const schema = z.array(z.object({ a: z.number().int().positive().multipleOf(7) }))
  const error = thrownBy(() => validated(schema, Array(50).fill({ a: -1.5 })))
  expect(error.paths).toEqual(Array.from({ length: 10 }, (_, i) => `data[${i}].a`))
})

it.each<[string, () => object]>([
  ['a promise', () => Promise.resolve({ value: {} })],
  ['a promise that rejects', () => Promise.reject(new Error('later'))],
  // biome-ignore lint/suspicious/noThenProperty: what is tested
  ['what can be awaited', () => ({ then: () => {} })],
])('a schema that answers with %s is refused', (_kind, answer) => {
  const schema = { '~standard': { version: 1 as const, vendor: 'x', validate: () => answer() as Promise<never> } }
  expect(thrownBy(() => validated(schema, {})).code).toBe('ERR_INVALID_OPTION')
})

it('whatever a path is made of, it is told as text', () => {
  const key = fc.oneof(fc.string(), fc.nat(), fc.constant(Symbol('s')))
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          key,
          key.map((one) => ({ key: one })),
        ),
      ),
      (path) => {
        const answer = { issues: [{ message: 'x', path }] }
        const schema = { '~standard': { version: 1 as const, vendor: 'x', validate: () => answer } }
        const [told] = thrownBy(() => validated(schema, {})).paths ?? []
        expect(told?.startsWith('data')).toBe(true)
      },
    ),
  )
})
