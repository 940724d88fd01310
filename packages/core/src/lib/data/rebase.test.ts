import { describe, expect, it } from 'vitest'
import { jsonCodec } from './codec.ts'
import type { Document } from './document.ts'
import { afterSave, afterUpdate, takeOver } from './rebase.ts'

const text = (document: Document) => JSON.stringify(document)

describe('after a save', () => {
  it('nothing is unsaved where nothing changed meanwhile', () => {
    const rebased = afterSave(jsonCodec, { ours: text({ a: 1 }), here: text({ a: 1 }), stored: text({ a: 1, b: 2 }) })
    expect(rebased).toEqual({ base: text({ a: 1, b: 2 }), unsaved: new Set() })
  })

  it('keys that changed while it was under way are unsaved', () => {
    const rebased = afterSave(jsonCodec, {
      ours: text({ a: 1, b: 1, c: 1 }),
      here: text({ a: 2, b: 1, d: 1 }),
      stored: text({ a: 1, b: 1, c: 1 }),
    })
    expect(rebased.unsaved).toEqual(new Set(['a', 'c', 'd']))
    expect(JSON.parse(rebased.base)).toEqual({ a: 1, b: 1, c: 1 })
  })
})

describe('after an update', () => {
  it('keys that were changed here stay unsaved, with the base they had', () => {
    const { base, unsaved } = afterUpdate(jsonCodec, {
      base: text({ a: 0, n: 0 }),
      here: text({ a: 1, n: 0, added: 1 }),
      before: text({ a: 5, n: 7 }),
      stored: text({ a: 5, n: 8 }),
    })
    expect(unsaved).toEqual(new Set(['a', 'added']))
    expect(JSON.parse(base)).toEqual({ a: 0, n: 8 })
  })

  it('keys that the update wrote are saved, whatever they were here', () => {
    const { base, unsaved } = afterUpdate(jsonCodec, {
      base: text({ n: 0 }),
      here: text({ n: 100 }),
      before: text({ n: 0 }),
      stored: text({ n: 1 }),
    })
    expect(unsaved).toEqual(new Set())
    expect(JSON.parse(base)).toEqual({ n: 1 })
  })
})

describe('taking over what is stored', () => {
  it('changes, adds and deletes keys in place, and leaves unsaved ones', () => {
    const nested = { deep: 1 }
    const data: Document = { same: nested, changed: 1, deleted: 1, unsaved: 'mine' }
    const stored = text({ same: { deep: 1 }, changed: 2, added: 1, unsaved: 'theirs' })
    takeOver(jsonCodec, data, { here: text(data), stored }, new Set(['unsaved']))
    expect(data).toEqual({ same: { deep: 1 }, changed: 2, added: 1, unsaved: 'mine' })
    expect(data.same).toBe(nested)
  })
})
