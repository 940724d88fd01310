import { types } from 'node:util'
import { parse, stringify } from 'devalue'
import type { Codec } from './codec.ts'
import { member, refuse, refuseInstance } from './paths.ts'

/**
 * Keeps what JSON cannot: `Date`, `Map`, `Set`, `BigInt`, `Uint8Array`, `undefined`, `NaN`, the infinities, -0, cycles,
 * and one object in two places. Other instances of classes, functions and symbols are refused, and so is a `__proto__`
 * key. Stored text that holds anything else is not decoded.
 *
 * Top-level keys are still merged one by one. What two of them share is one object when it comes back, until a merge
 * takes them from different requests.
 *
 * @example
 * import { createSessions } from '@leeway/core'
 * import { devalueCodec } from '@leeway/core/devalue'
 * import { memoryStore } from '@leeway/core/memory'
 *
 * const initialData = () => ({ seen: new Map<string, Date>() })
 * const sessions = createSessions({ store: memoryStore(), codec: devalueCodec(), initialData })
 * const session = await sessions.open()
 * session.data.seen.set('news', new Date(0))
 * const { token } = await session.save()
 * console.log((await sessions.open(token)).data.seen.get('news')?.getTime()) // 0
 * await sessions.close()
 */
export function devalueCodec(): Codec {
  return {
    encode(value, path) {
      check(value, path)
      return stringify(value)
    },
    decode(text) {
      const value: unknown = parse(text)
      check(value, 'data')
      return value
    },
  }
}

const MAX_DEPTH = 1000
const { isDate, isMap, isSet, isUint8Array } = types

/** Refuses what would come back changed, or not at all. Each object is looked at once, so cycles end. */
function check(root: unknown, rootPath: string): void {
  const seen = new Set<object>()
  const visit = (value: unknown, path: string, depth: number): void => {
    if (typeof value === 'function' || typeof value === 'symbol') {
      refuse(path, `a value of type ${typeof value} cannot be stored`)
    }
    if (typeof value !== 'object' || value === null || seen.has(value)) return
    seen.add(value)
    if (depth >= MAX_DEPTH) refuse(path, `the value is nested more than ${MAX_DEPTH} levels deep`)
    for (const [at, child] of children(value, path)) visit(child, at, depth + 1)
  }
  visit(root, rootPath, 0)
}

function children(value: object, path: string): Iterable<readonly [path: string, child: unknown]> {
  if (Object.getOwnPropertySymbols(value).length > 0) refuse(path, 'a property named by a symbol cannot be stored')
  const prototype: object | null = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return members(value, path)
  if (Array.isArray(value) && prototype === Array.prototype) return items(value, path)
  if (isUint8Array(value) && prototype === Uint8Array.prototype) return bytes(value, path)
  const isKnown =
    (isDate(value) && prototype === Date.prototype) ||
    (isMap(value) && prototype === Map.prototype) ||
    (isSet(value) && prototype === Set.prototype)
  if (!isKnown) refuseInstance(path, prototype)
  if (Object.keys(value).length > 0) refuse(path, 'it has properties of its own, which cannot be stored')
  return isDate(value) ? [] : entries(value, path)
}

function bytes(array: Uint8Array, path: string): [] {
  // The whole buffer would be stored, and with it what others keep in a pool that it may be a part of.
  if (array.byteLength !== array.buffer.byteLength)
    refuse(path, 'a part of a buffer cannot be stored; slice() copies it')
  return []
}

function entries(items: ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>, path: string): [string, unknown][] {
  const values = [...items.values()].map((item, i): [string, unknown] => [`${path}.values()[${i}]`, item])
  if (!isMap(items)) return values
  return [...[...items.keys()].map((key, i): [string, unknown] => [`${path}.keys()[${i}]`, key]), ...values]
}

function members(object: object, path: string): [string, unknown][] {
  return Object.entries(object).map(([key, value]) => {
    if (key === '__proto__') refuse(`${path}.__proto__`, 'the name is not allowed')
    return [member(path, key), value]
  })
}

function items(array: readonly unknown[], path: string): [string, unknown][] {
  if (Object.keys(array).length !== array.length)
    refuse(path, 'an array with holes or named properties cannot be stored')
  return array.map((item, i) => [`${path}[${i}]`, item])
}
