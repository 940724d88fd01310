import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { thrownBy } from '../testing-errors.ts'
import { jsonCodec } from './codec.ts'
import type { Document } from './document.ts'
import { type ConflictResolver, mergeText, type OnConflict } from './merge.ts'

function merge(base: Document, ours: Document, theirs: Document, onConflict?: OnConflict): unknown {
  const texts = { base: JSON.stringify(base), ours: JSON.stringify(ours), theirs: JSON.stringify(theirs) }
  return JSON.parse(mergeText(jsonCodec, texts, onConflict).text)
}

const absent = {}
const one = { k: 1 }
const two = { k: 2 }
const three = { k: 3 }

describe('a key in three versions', () => {
  it.each<[what: string, base: Document, ours: Document, theirs: Document, merged: Document]>([
    ['changed nowhere', one, one, one, one],
    ['changed only here', one, two, one, two],
    ['changed only there', one, one, two, two],
    ['changed to the same on both sides', one, two, two, two],
    ['added only here', absent, one, absent, one],
    ['added only there', absent, absent, one, one],
    ['added on both sides, the same', absent, one, one, one],
    ['deleted only here', one, absent, one, absent],
    ['deleted only there', one, one, absent, absent],
    ['deleted on both sides', one, absent, absent, absent],
  ])('%s', (_what, base, ours, theirs, merged) => {
    // Another key on each side keeps the merge from taking one side as a whole.
    expect(merge({ ...base, z: 0 }, { ...ours, z: 0, here: 1 }, { ...theirs, z: 0, there: 1 })).toEqual({
      ...merged,
      z: 0,
      here: 1,
      there: 1,
    })
    expect(merge(base, ours, theirs)).toEqual(merged)
  })

  const conflicts: [what: string, base: Document, ours: Document, theirs: Document][] = [
    ['changed on both sides, differently', one, two, three],
    ['changed here and deleted there', one, two, absent],
    ['deleted here and changed there', one, absent, two],
    ['added on both sides, differently', absent, one, two],
  ]

  it.each(conflicts)('%s is a conflict', (_what, base, ours, theirs) => {
    const error = thrownBy(() => merge(base, ours, theirs))
    expect([error.code, error.keys]).toEqual(['ERR_CONFLICT', ['k']])
  })

  it.each(conflicts)("%s is ours with 'overwrite', and theirs stay elsewhere", (_what, base, ours, theirs) => {
    expect(merge(base, ours, { ...theirs, there: 1 }, 'overwrite')).toEqual({ ...ours, there: 1 })
  })

  it.each(conflicts)('%s is what onConflict says, given all three values', (_what, base, ours, theirs) => {
    const asked: unknown[] = []
    const resolver: ConflictResolver = (key, values) => {
      asked.push([key, values])
      return 'resolved'
    }
    expect(merge(base, ours, theirs, resolver)).toEqual({ k: 'resolved' })
    expect(asked).toEqual([['k', { base: base.k, ours: ours.k, theirs: theirs.k }]])
  })
})

it('the error names every conflicting key and no other', () => {
  const error = thrownBy(() => merge({ a: 0, b: 0, c: 0 }, { a: 1, b: 1, c: 1 }, { a: 2, b: 2, c: 0, d: 1 }))
  expect(error.keys).toEqual(['a', 'b'])
})

it('onConflict deletes a key with undefined, and is asked of conflicting keys only', () => {
  const asked: string[] = []
  const resolver: ConflictResolver = (key) => void asked.push(key)
  expect(merge({ a: 0, b: 0, c: 0 }, { a: 1, b: 1, c: 0 }, { a: 2, b: 0, c: 9 }, resolver)).toEqual({ b: 1, c: 9 })
  expect(asked).toEqual(['a'])
})

it('onConflict that gives what cannot be stored is refused', () => {
  const error = thrownBy(() => merge(one, two, three, () => new Date()))
  expect([error.code, error.path]).toEqual(['ERR_NOT_SERIALIZABLE', 'data.k'])
})

it("onConflict that answers with a promise is refused, and what becomes of the promise is nobody's concern", () => {
  const resolver = () => Promise.reject(new Error('later'))
  expect(thrownBy(() => merge(one, two, three, resolver)).code).toBe('ERR_INVALID_OPTION')
})

it('what onConflict throws is passed on', () => {
  const resolver = () => {
    throw new TypeError('mine')
  }
  expect(() => merge(one, two, three, resolver)).toThrow(new TypeError('mine'))
})

it('the order of keys within a value is no difference to the merge, but to the value', () => {
  expect(merge({ k: { a: 1, b: 2 }, z: 0 }, { z: 1, k: { a: 1, b: 2 } }, { k: { a: 1, b: 3 }, z: 0 })).toEqual({
    k: { a: 1, b: 3 },
    z: 1,
  })
})

const document = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'constructor', 'toString'), fc.nat(2))

it('any merge takes each key from whoever changed it, or is refused with the keys that both changed', () => {
  fc.assert(
    fc.property(document, document, document, (base, ours, theirs) => {
      const own = (of: Document, key: string) => (Object.hasOwn(of, key) ? of[key] : undefined)
      const keys = [...new Set([base, ours, theirs].flatMap(Object.keys))]
      const conflicts = keys.filter((key) => {
        const [b, o, t] = [own(base, key), own(ours, key), own(theirs, key)]
        return o !== b && t !== b && o !== t
      })
      if (conflicts.length > 0) {
        expect(new Set(thrownBy(() => merge(base, ours, theirs)).keys)).toEqual(new Set(conflicts))
        return
      }
      const merged = merge(base, ours, theirs) as Document
      for (const key of keys) {
        expect(own(merged, key)).toBe(own(ours, key) === own(base, key) ? own(theirs, key) : own(ours, key))
      }
    }),
  )
})
