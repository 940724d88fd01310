/** The headers of a response that has not been sent. A fetch `Headers` object is one. */
export interface ResponseHeaders {
  get(name: string): string | null | undefined
  set(name: string, value: string): unknown
  append(name: string, value: string): unknown
}

/** The part of Node's `ServerResponse` that headers take. */
export interface NodeResponse {
  getHeader(name: string): number | string | string[] | undefined
  setHeader(name: string, value: number | string | string[]): unknown
}

/** Headers that describe an answer: where another one goes out in its place, they are taken back. */
export const ANSWER_HEADERS = [
  'Cache-Control',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Length',
  'Content-Range',
  'Content-Type',
  'ETag',
  'Last-Modified',
  'Location',
] as const

/** Headers that only some caches read, and that outrank `Cache-Control` there. */
const TARGETED = [
  'CDN-Cache-Control',
  'Cloudflare-CDN-Cache-Control',
  'Netlify-CDN-Cache-Control',
  'Vercel-CDN-Cache-Control',
  'Surrogate-Control',
]

/**
 * Puts the session's cookie beside the others of a response, and keeps the response out of every cache: one that kept it
 * would hand the session to the next visitor. `private` would not do: it allows the browser's own cache, and there are
 * caches that do not heed it (CVE-2026-24472).
 *
 * @param setCookie what `commit` resolved with
 */
export function sendCookie(headers: ResponseHeaders, setCookie: string): void {
  headers.append('Set-Cookie', setCookie)
  if (!lists(headers.get('Cache-Control'), 'no-store')) headers.set('Cache-Control', 'no-store')
  for (const name of TARGETED) if (headers.get(name)) headers.set(name, 'no-store')
  const vary = headers.get('Vary')
  if (!lists(vary, 'cookie') && !lists(vary, '*')) headers.set('Vary', vary ? `${vary}, Cookie` : 'Cookie')
}

/** The headers of a response of Node's, for {@link sendCookie}. */
export function nodeHeaders(response: NodeResponse): ResponseHeaders {
  return {
    get: (name) => all(response, name).join(', '),
    set: (name, value) => response.setHeader(name, value),
    append: (name, value) => response.setHeader(name, [...all(response, name), value]),
  }
}

function all(response: NodeResponse, name: string): string[] {
  const value = response.getHeader(name)
  if (value === undefined) return []
  return Array.isArray(value) ? value : [String(value)]
}

/** Whether a list of words, some of which may have a quoted value, has this one. */
function lists(header: string | null | undefined, word: string): boolean {
  const words = (header ?? '').replace(/"[^"]*"/g, '').split(',')
  return words.some((one) => one.trim().toLowerCase() === word)
}
