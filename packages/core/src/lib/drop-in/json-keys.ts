import { refuse } from '../data/paths.ts'
import { LeewayError } from '../errors.ts'

/**
 * Each key of a session as JSON, as `JSON.stringify` of the whole would have it: what it leaves out is left out.
 * @throws `ERR_NOT_SERIALIZABLE` for what it refuses, cycles and BigInt, and for the key `__proto__`
 */
export function jsonKeys(data: object): Map<string, string> {
  const texts = new Map<string, string>()
  for (const [key, value] of Object.entries(data)) {
    if (key === '__proto__') refuse('data.__proto__', 'the name is not allowed')
    let text: string | undefined
    try {
      text = JSON.stringify(value)
    } catch (cause) {
      throw new LeewayError('ERR_NOT_SERIALIZABLE', `data.${key}: JSON.stringify refuses the value`, {
        operation: 'save',
        path: `data.${key}`,
        cause,
      })
    }
    if (text !== undefined) texts.set(key, text)
  }
  return texts
}

/** The way back, with nothing shared with what was encoded. */
export function decodedKeys(texts: ReadonlyMap<string, string>): Record<string, unknown> {
  return Object.fromEntries([...texts].map(([key, text]) => [key, JSON.parse(text)]))
}
