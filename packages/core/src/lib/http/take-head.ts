import type { NodeAnswer } from './held-answer.ts'

/** Applies what `writeHead` was given: Node would let it replace the cookie and its protection. */
export function takeHead(
  response: Pick<NodeAnswer, 'statusCode' | 'statusMessage' | 'setHeader'>,
  [status, ...rest]: readonly unknown[],
): void {
  const [reason, headers] = typeof rest[0] === 'string' ? rest : [undefined, rest[0] ?? rest[1]]
  if (typeof status === 'number') response.statusCode = status
  if (typeof reason === 'string') response.statusMessage = reason
  const fields = new Map<string, string[]>()
  for (const [name, value] of pairs(headers)) {
    if (value === undefined) continue
    fields.set(name, [...(fields.get(name) ?? []), ...[value].flat().map(String)])
  }
  for (const [name, [value, ...more]] of fields) {
    if (value !== undefined) response.setHeader(name, more.length === 0 ? value : [value, ...more])
  }
}

/** Headers as Node takes them: an object, pairs, or names and values in turn. */
function pairs(headers: unknown): (readonly [string, unknown])[] {
  if (typeof headers !== 'object' || headers === null) return []
  if (!Array.isArray(headers)) return Object.entries(headers)
  const flat = Array.isArray(headers[0]) ? headers.flat() : headers
  return Array.from({ length: Math.floor(flat.length / 2) }, (_, i) => [String(flat[2 * i]), flat[2 * i + 1]])
}
