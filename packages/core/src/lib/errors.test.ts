import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ERROR_CODES, isLeewayError, LeewayError, redactId } from './errors.ts'
import { mintId } from './ids.ts'

describe('an error', () => {
  it('keeps the first six characters of an id and no more, in whatever is printed of it', () => {
    const id = mintId()
    const error = new LeewayError('ERR_GONE', 'the session has ended', { operation: 'update', id })
    expect(error.id).toBe(`${id.slice(0, 6)}…`)
    for (const text of [String(error), error.stack ?? '', JSON.stringify(error)]) expect(text).not.toContain(id)
  })

  it.each([
    [undefined, 'undefined'],
    [null, 'object'],
    [42, 'number'],
    [{ secret: 'x' }, 'object'],
    ['short', 'short…'],
  ])('names an id %j as %s', (id, redacted) => {
    expect(redactId(id)).toBe(redacted)
  })

  it('carries code, operation, cause, keys and path', () => {
    const cause = new Error('disk full')
    const error = new LeewayError('ERR_STORE_FAILED', 'failed', {
      operation: 'load',
      cause,
      keys: ['a'],
      path: 'data.a',
    })
    expect(error).toMatchObject({ name: 'LeewayError', code: 'ERR_STORE_FAILED', operation: 'load', keys: ['a'] })
    expect(error.path).toBe('data.a')
    expect(error.cause).toBe(cause)
    expect(error).toBeInstanceOf(Error)
    const bare = new LeewayError('ERR_GONE', 'x')
    expect('cause' in bare).toBe(false)
    expect([bare.id, bare.operation, bare.keys, bare.path]).toEqual([undefined, undefined, undefined, undefined])
  })

  it.each([
    ['ERR_STORE_FAILED', 503],
    ['ERR_NEWER_DATA', 503],
    ['ERR_CONFLICT', 409],
    ['ERR_SUPERSEDED', 409],
    ['ERR_NOT_SERIALIZABLE', undefined],
    ['ERR_INVALID_OPTION', undefined],
  ] as const)('%s has the status %s, with which frameworks answer', (code, status) => {
    expect(new LeewayError(code, 'x').status).toBe(status)
  })

  it('is known across installed copies, and nothing else is taken for it', async () => {
    const url = new URL('./errors.ts?another-copy', import.meta.url).href
    const other = (await import(/* @vite-ignore */ url)) as typeof import('./errors.ts')
    expect(other.LeewayError).not.toBe(LeewayError)
    expect(isLeewayError(new other.LeewayError('ERR_GONE', 'x'))).toBe(true)
    expect(other.isLeewayError(new LeewayError('ERR_GONE', 'x'))).toBe(true)
    for (const value of [new Error('x'), null, undefined, 'ERR_GONE', { code: 'ERR_GONE' }, { name: 'LeewayError' }]) {
      expect(isLeewayError(value)).toBe(false)
    }
  })
})

it('the list of codes is sorted, without doubles, and the page explains each and no other', () => {
  expect(ERROR_CODES).toEqual([...new Set(ERROR_CODES)].sort())
  const page = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8')
  expect([...new Set(page.match(/\bERR_[A-Z_]+\b/g))].sort()).toEqual([...ERROR_CODES])
})
