import type { NodeResponse } from './response-headers.ts'

/** The status and the headers of a Node response that has not been sent. */
export interface NodeHead extends NodeResponse {
  statusCode: number
  statusMessage: string
  getHeaders(): Record<string, number | string | string[] | undefined>
  removeHeader(name: string): unknown
}

/** Keeps the status and the headers as they are now. @returns takes back what has been done to them since */
export function settledHead(response: NodeHead): () => void {
  // Not the status message: of HTTP/2's responses, Node prints a warning to whoever reads it.
  const { statusCode } = response
  const headers = response.getHeaders()
  return () => {
    response.statusCode = statusCode
    const now = response.getHeaders()
    for (const name of Object.keys(now)) if (headers[name] === undefined) response.removeHeader(name)
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined && value !== now[name]) response.setHeader(name, value)
    }
  }
}

/** Applies what `writeHead` was given: Node would let it replace the cookie and its protection. */
export function takeHead(response: NodeHead, [status, ...rest]: readonly unknown[]): void {
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
