import { describe, expect, it } from 'vitest'
import { jsonCodec } from './codec.ts'
import type { Document } from './document.ts'
import { afterSave, afterUpdate, takeOver } from './rebase.ts'

const text = (document: Document) => JSON.stringify(document)

describe('after a save', () => {
  it('nothing is unsaved where nothing changed meanwhile', () => {
    const stored = text({ a: 1, b: 2 })
    const rebased = afterSave(jsonCodec, { ours: text({ a: 1 }), here: text({ a: 1 }), merged: stored, stored })
    expect(rebased).toEqual({ base: text({ a: 1, b: 2 }), unsaved: new Set() })
  })

  it('keys that changed while it was under way are unsaved', () => {
    const rebased = afterSave(jsonCodec, {
      ours: text({ a: 1, b: 1, c: 1 }),
      here: text({ a: 2, b: 1, d: 1 }),
      merged: text({ a: 1, b: 1, c: 1 }),
      stored: text({ a: 1, b: 1, c: 1 }),
    })
    expect(rebased.unsaved).toEqual(new Set(['a', 'c', 'd']))
    expect(JSON.parse(rebased.base)).toEqual({ a: 1, b: 1, c: 1 })
  })

  it('a key that changed here while it took another value from others keeps its base', () => {
    const { base, unsaved } = afterSave(jsonCodec, {
      ours: text({ a: 0, b: 1, c: 0 }),
      here: text({ a: 7, b: 2, c: 0 }),
      merged: text({ a: 5, b: 1, c: 5 }),
      stored: text({ a: 5, b: 1, c: 5 }),
    })
    expect(unsaved).toEqual(new Set(['a', 'b']))
    expect(JSON.parse(base)).toEqual({ a: 0, b: 1, c: 5 })
  })

  it('a key that the schema changed on its way is measured against what is stored', () => {
    const { base } = afterSave(jsonCodec, {
      ours: text({ name: ' Ann ' }),
      here: text({ name: 'Bea' }),
      merged: text({ name: ' Ann ' }),
      stored: text({ name: 'Ann' }),
    })
    expect(JSON.parse(base)).toEqual({ name: 'Ann' })
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
