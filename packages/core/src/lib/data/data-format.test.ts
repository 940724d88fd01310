import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'
import type { Header } from '../envelope.ts'
import { memoryStore } from '../memory-store.ts'
import { type RecordsOptions, resolveOptions } from '../options.ts'
import { thrownBy } from '../testing-errors.ts'
import { jsonCodec } from './codec.ts'
import { DataFormat } from './data-format.ts'
import { devalueCodec } from './devalue-codec.ts'
import type { Document } from './document.ts'

const header: Header = {
  createdAt: 0,
  absoluteAt: 0,
  idleMs: 1,
  absoluteMs: 1,
  epoch: 0,
  recent: [],
  credentials: null,
}
const entry = { id: 'a'.repeat(26), version: 'v'.repeat(16), owner: null, expiresAt: 0, purgeAt: 0 }

function format(options: Omit<RecordsOptions, 'store'>): DataFormat {
  return new DataFormat(resolveOptions({ store: memoryStore(), ...options }))
}

/** Sees the keys a to c, with a default each, trimmed. */
const schema = z.object({
  a: z.string().trim().default('x'),
  b: z.string().trim().optional(),
  c: z.coerce.string().optional(),
})
const text = fc.constantFrom('x', ' x ', 'y', '')
const raw = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'toString'), text)
const change = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.option(text, { nil: undefined }))

it.each([
  ['JSON', jsonCodec],
  ['devalue', devalueCodec()],
])('whatever a schema sees and a write changes, every other key stays as it is stored, in %s', (_name, codec) => {
  const { open, next } = bound(format({ schema, codec }))
  fc.assert(
    fc.property(raw, change, (stored, changes) => {
      const before = open(codec.encode(stored, 'data'))
      expect(codec.decode(before.raw)).toEqual(stored)
      const seen = codec.decode(before.text) as Document
      const changed = { ...seen }
      for (const [key, value] of Object.entries(changes)) {
        if (value === undefined) delete changed[key]
        else changed[key] = value
      }
      const after = next(before, codec.encode(changed, 'data'))
      const written = codec.decode(after.raw) as Document
      for (const key of new Set([...Object.keys(stored), ...Object.keys(changed)])) {
        const [was, is] = [own(seen, key), own(changed, key)]
        expect(own(written, key)).toBe(was === is ? own(stored, key) : is)
      }
      // What is in hand after a write is what a load of it would give.
      expect(after.text).toBe(open(after.raw).text)
    }),
  )
})

it('a write that changes nothing is not validated again, and stays as it is stored', () => {
  const { next } = bound(format({ schema: z.never() as unknown as typeof schema }))
  const current = { raw: '{"a":1}', text: '{}' }
  expect(next(current, '{}')).toEqual(current)
  expect(thrownBy(() => next(current, '{"a":2}')).code).toBe('ERR_INVALID_DATA')
})

it('without a schema the text is the stored text itself', () => {
  const { open, next } = bound(format({}))
  const current = open('{ "a": 1 }')
  expect(current).toMatchObject({ raw: '{ "a": 1 }', text: '{ "a": 1 }' })
  expect(next(current, '{"b":1}')).toEqual({ raw: '{"b":1}', text: '{"b":1}' })
})

it.each([
  [1, undefined],
  [2, 2],
])('of data version %i the header carries %s', (dataVersion, carried) => {
  const migrate = dataVersion === 1 ? {} : { migrate: () => ({}) }
  const sealed = format({ dataVersion, ...migrate }).seal({ id: entry.id, header, raw: '{}' })
  expect(sealed).toEqual({ header: { ...header, ...(carried && { dataVersion: carried }) }, sealed: '{}' })
})

it.each([
  [1, 'migrated'],
  [2, 'migrated'],
  [3, 'as it is'],
  [4, 'ERR_NEWER_DATA'],
])('data of version %i is, in version 3, %s', (dataVersion, outcome) => {
  const third = format({ dataVersion: 3, migrate: () => ({ is: 'migrated' }) })
  const open = () => third.open({ ...entry, header: { ...header, dataVersion }, sealed: '{"is":"as it is"}' }, 'load')
  if (outcome.startsWith('ERR')) expect(thrownBy(open).code).toBe(outcome)
  else expect(JSON.parse(open().text)).toEqual({ is: outcome })
})

function bound(made: DataFormat) {
  return {
    open: (sealed: string) => made.open({ ...entry, header, sealed }, 'load'),
    next: made.next.bind(made),
  }
}

function own(document: Document, key: string): unknown {
  return Object.hasOwn(document, key) ? document[key] : undefined
}
