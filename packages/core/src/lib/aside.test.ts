import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Aside, readAside, withAside } from './aside.ts'
import { type Codec, jsonCodec } from './data/codec.ts'
import { DataFormat } from './data/data-format.ts'
import { encryptedCodec } from './data/encrypted-codec.ts'
import type { Header } from './envelope.ts'
import { mintId, mintVersion } from './ids.ts'
import { memoryStore } from './memory-store.ts'
import { resolveOptions } from './options.ts'
import { read, record } from './records/snapshot.ts'

const header: Header = {
  createdAt: 1,
  absoluteAt: 2,
  idleMs: 3,
  absoluteMs: 4,
  epoch: 5,
  recent: [],
  credentials: null,
}
const resolved = (codec: Codec) => resolveOptions({ store: memoryStore(), codec })
const plain = new DataFormat(resolved(jsonCodec))
const encrypted = new DataFormat(resolved(encryptedCodec({ keys: [new Uint8Array(32)] })))
const anyText = fc.string({ unit: 'binary' })
const hints = fc.record({ userAgent: anyText, address: anyText }, { requiredKeys: [] })
const flash = fc.array(fc.tuple(anyText, anyText))

describe('what is kept beside the data', () => {
  it('comes back with the data, whatever both are', () => {
    fc.assert(
      fc.property(
        fc.record({ flash, client: hints }, { requiredKeys: [] }),
        fc.string({ unit: 'grapheme' }),
        (aside, text) => {
          const given = { ...header, ...aside } as Header
          const lifetime = { expiresAt: 1, purgeAt: 2 }
          const data = { raw: text, text }
          const snapshot = { id: mintId(), version: mintVersion(), owner: null, ...lifetime, header: given, ...data }
          for (const format of [plain, encrypted]) {
            const stored = record(snapshot, format)
            expect(stored.payload.isWellFormed()).toBe(true)
            const sealed = read(stored)
            if (!sealed) throw new Error('what was stored is not read')
            expect(format.open(sealed, 'load')).toMatchObject(snapshot)
          }
        },
      ),
    )
  })

  it('is no part of the header that a codec leaves readable', () => {
    const { line, body } = withAside({ ...header, flash: [['note', '"secret"']], client: { address: '::1' } }, '{}')
    expect(line).toEqual({ ...header, aside: true })
    expect(body).toBe('{"flash":[["note","\\"secret\\""]],"client":{"address":"::1"}}\n{}')
  })

  it('takes no room where there is nothing', () => {
    expect(withAside(header, '{}')).toEqual({ line: header, body: '{}' })
  })
})

describe('nothing is read out of', () => {
  const body = (aside: unknown) => `${JSON.stringify(aside)}\n{}`
  it.each<[string, string, unknown]>([
    ['a text without a line', '{}', true],
    ['a line that is no JSON', 'x\n{}', true],
    ['null', body(null), true],
    ['a name that nobody wrote', body({ credentials: null }), true],
    ['a prototype', '{"__proto__":{"owner":"mallory"}}\n{}', true],
    ['flash values that are no list', body({ flash: 'x' }), true],
    ['a flash value without a key', body({ flash: [['x']] }), true],
    ['a flash value that is no text', body({ flash: [['x', 1]] }), true],
    ['a client that is a text', body({ client: 'x' }), true],
    ['a client that is null', body({ client: null }), true],
    ['a client with a prototype', '{"client":{"__proto__":{"isAdmin":true}}}\n{}', true],
    ['hints that are no texts', body({ client: { userAgent: 1 } }), true],
    ['another mark than true', body({}), 1],
  ])('%s', (_what, text, aside) => {
    expect(readAside({ ...header, aside } as Header & Aside, text)).toBeUndefined()
  })
})
