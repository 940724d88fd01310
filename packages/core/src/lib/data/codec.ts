import { parse } from 'secure-json-parse'
import { LeewayError } from '../errors.ts'

/** How session data becomes text. What `decode` gives must equal what `encode` was given. */
export interface Codec {
  /**
   * @param path where the value stands, for errors
   * @throws `ERR_NOT_SERIALIZABLE` for a value that would not come back unchanged
   */
  encode(value: unknown, path: string): string
  decode(text: string): unknown
}

const MAX_DEPTH = 1000

/**
 * JSON, without its silent losses: a value that JSON would give back changed (Date, Map, Set, BigInt, NaN, class
 * instances, cycles, `undefined` in an array, a `__proto__` key) is refused. An undefined property is a deletion.
 * A `__proto__` key in stored text is dropped (session-memory-store #3, CVE-2020-8203 and their kind).
 */
export const jsonCodec: Codec = {
  encode(value, path) {
    check(value, path, [])
    return JSON.stringify(value)
  },
  decode: (text) => parse(text, undefined, { protoAction: 'remove', constructorAction: 'ignore' }),
}

function check(value: unknown, path: string, ancestors: unknown[]): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return
    case 'number':
      if (!Number.isFinite(value)) refuse(path, `${value} is not a JSON number`)
      return
    case 'object':
      if (value === null) return
      checkContainer(value, path, ancestors)
      return
    default:
      refuse(path, `a value of type ${typeof value} cannot be stored`)
  }
}

function checkContainer(value: object, path: string, ancestors: unknown[]): void {
  if (ancestors.includes(value)) refuse(path, 'the value contains itself')
  if (ancestors.length >= MAX_DEPTH) refuse(path, `the value is nested more than ${MAX_DEPTH} levels deep`)
  if (Object.getOwnPropertySymbols(value).length > 0) refuse(path, 'a property named by a symbol cannot be stored')
  ancestors.push(value)
  if (Array.isArray(value)) checkArray(value, path, ancestors)
  else checkObject(value, path, ancestors)
  ancestors.pop()
}

function checkArray(array: readonly unknown[], path: string, ancestors: unknown[]): void {
  if (Object.getPrototypeOf(array) !== Array.prototype) refuse(path, 'an instance of a class cannot be stored')
  if (Object.keys(array).length !== array.length)
    refuse(path, 'an array with holes or named properties cannot be stored')
  for (let i = 0; i < array.length; i++) check(array[i], `${path}[${i}]`, ancestors)
}

function checkObject(object: object, path: string, ancestors: unknown[]): void {
  const prototype = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null) {
    refuse(path, `an instance of ${prototype.constructor?.name ?? 'a class'} cannot be stored`)
  }
  for (const [key, value] of Object.entries(object)) {
    if (key === '__proto__') refuse(`${path}.__proto__`, 'the name is not allowed')
    if (value !== undefined) check(value, member(path, key), ancestors)
  }
}

function member(path: string, key: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`
}

function refuse(path: string, reason: string): never {
  throw new LeewayError('ERR_NOT_SERIALIZABLE', `${path}: ${reason}`, { operation: 'save', path })
}
