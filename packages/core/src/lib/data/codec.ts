import { parse } from 'secure-json-parse'
import { LeewayError } from '../errors.ts'
import type { SessionId } from '../store.ts'
import { member, refuse, refuseInstance } from './paths.ts'

/**
 * How session data becomes text. What `decode` gives must equal what `encode` was given, and equal values must become
 * equal texts: the encoded forms of top-level keys are compared to see what has changed.
 */
export interface Codec {
  /**
   * @param path where the value stands, for errors
   * @throws `ERR_NOT_SERIALIZABLE` for a value that would not come back unchanged
   */
  encode(value: unknown, path: string): string
  decode(text: string): unknown
  /** What is stored in place of the text, such as the encrypted text, in the record of this id. Called for every write. */
  seal?(text: string, id: SessionId): string
  /** The text again. A codec has both or neither. @throws where it cannot: the record counts as undecodable */
  unseal?(sealed: string, id: SessionId): string
}

/** @throws `ERR_INVALID_OPTION` */
export function assertCodec(codec: Codec): void {
  const { encode, decode, seal, unseal } = Object(codec) as Partial<Record<keyof Codec, unknown>>
  const seals = typeof seal === 'function' && typeof unseal === 'function'
  if (
    typeof encode !== 'function' ||
    typeof decode !== 'function' ||
    (!seals && (seal !== undefined || unseal !== undefined))
  ) {
    throw new LeewayError(
      'ERR_INVALID_OPTION',
      'codec must be an object with encode and decode, and with both seal and unseal or neither',
    )
  }
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
  if (isScalar(value)) return
  if (typeof value === 'object' && value !== null) checkContainer(value, path, ancestors)
  else if (typeof value === 'number') refuse(path, `${value} is not a JSON number`)
  else refuse(path, `a value of type ${typeof value} cannot be stored`)
}

/** What JSON gives back as it was. */
function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || value === null || Number.isFinite(value)
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
  for (let i = 0; i < array.length; i++) if (!isScalar(array[i])) check(array[i], `${path}[${i}]`, ancestors)
}

function checkObject(object: object, path: string, ancestors: unknown[]): void {
  const prototype: object | null = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null) refuseInstance(path, prototype)
  for (const [key, value] of Object.entries(object)) {
    if (key === '__proto__') refuse(`${path}.__proto__`, 'the name is not allowed')
    // Most values are scalars, for which no path has to be written down.
    if (value !== undefined && !isScalar(value)) check(value, member(path, key), ancestors)
  }
}
