import type { Exchange } from './exchange.ts'
import { type NodeResponse, nodeHeaders, sendCookie } from './response-headers.ts'

type Method = (...args: never[]) => unknown
type Name = 'writeHead' | 'flushHeaders' | 'write' | 'end'

/** The part of Node's `ServerResponse` that sending takes. */
export interface NodeAnswer extends NodeResponse {
  statusCode: number
  statusMessage: string
  readonly destroyed: boolean
  writeHead: Method
  flushHeaders: Method
  write: Method
  end: Method
  removeHeader(name: string): unknown
  emit(event: 'drain'): unknown
  destroy(): unknown
  /** Whether a part of an answer is held back. */
  [isBegun]?: boolean
}

const isBegun = Symbol('leeway: is begun')

/** The same for all responses: an accessor of its own would turn each into a dictionary, slow for whoever uses it. */
const headersSent: PropertyDescriptor & ThisType<NodeAnswer> = {
  configurable: true,
  get() {
    return this[isBegun] === true || Reflect.get(Object.getPrototypeOf(this), 'headersSent', this)
  },
}

/** What describes an answer that does not go out. */
const CONTENT = [
  'Content-Length',
  'Content-Type',
  'Content-Encoding',
  'Content-Range',
  'ETag',
  'Last-Modified',
  'Location',
]

/**
 * Has the session saved before the headers of a Node response go out, whatever sends them: from the first `writeHead`,
 * `write`, `end` or `flushHeaders` on, what the handler sends waits until `commit` has resolved, and follows with the
 * cookie. A handler that fails after a whole answer may send another one instead.
 *
 * @param onFailure answers in place of the handler when the session cannot be saved; nothing has been sent then. Where
 * `isUnfinished`, the handler has more to send: the answer has to be complete when `onFailure` returns, because everything
 * later is dropped, and without a complete one the connection is cut. Otherwise it may take its time.
 */
export function commitBeforeHeaders(
  exchange: Pick<Exchange<object, unknown, unknown>, 'commit'>,
  response: NodeAnswer,
  onFailure: (error: unknown, isUnfinished: boolean) => void,
): void {
  const { writeHead, flushHeaders, write, end } = response
  const send: Record<Name, Method> = { writeHead, flushHeaders, write, end }
  let state: 'untouched' | 'holding' | 'through' | 'dropping' = 'untouched'
  let held: { readonly name: Name; readonly args: readonly unknown[] }[] = []

  // Whoever put something around these methods since is called before them and stays where it is.
  const intercept = (name: Name, hold: (args: readonly unknown[]) => unknown) => {
    response[name] = (...args: readonly unknown[]) => {
      if (state === 'through') return Reflect.apply(send[name], response, args)
      if (state === 'dropping') return name === 'write' ? true : response
      return hold(args)
    }
  }
  intercept('writeHead', (args) => {
    takeHead(response, args)
    holdBack('writeHead', [response.statusCode])
    return response
  })
  intercept('flushHeaders', () => holdBack('flushHeaders', []))
  intercept('write', (args) => {
    holdBack('write', args)
    return false
  })
  intercept('end', (args) => {
    holdBack('end', args)
    return response
  })
  const intercepted = {
    writeHead: response.writeHead,
    flushHeaders: response.flushHeaders,
    write: response.write,
    end: response.end,
  }
  // A part of an answer counts as sent, so that nobody sends another one after it. A whole one can still be replaced.
  response[isBegun] = false
  Object.defineProperty(response, 'headersSent', headersSent)

  function holdBack(name: Name, args: readonly unknown[]): void {
    if (held.at(-1)?.name === 'end') {
      if (response[isBegun]) return
      held = []
    }
    held.push({ name, args })
    response[isBegun] = held[0]?.name !== 'end'
    if (state === 'holding') return
    state = 'holding'
    void commit()
  }

  async function commit(): Promise<void> {
    try {
      const setCookie = await exchange.commit()
      holdNoMore('through')
      if (response.destroyed) return
      if (setCookie !== undefined) sendCookie(nodeHeaders(response), setCookie)
    } catch (error) {
      const setCookie = await exchange.commit()
      holdNoMore('dropping')
      if (response.destroyed) return
      for (const name of CONTENT) response.removeHeader(name)
      if (setCookie !== undefined) sendCookie(nodeHeaders(response), setCookie)
      replace(error)
      return
    }
    release()
  }

  function holdNoMore(next: 'through' | 'dropping'): void {
    state = next
    response[isBegun] = false
  }

  /** Has another answer sent. Whoever put something around the methods since has seen the handler's, and is passed by. */
  function replace(error: unknown): void {
    const isUnfinished = held.at(-1)?.name !== 'end'
    let isAnswered = false
    const end: Method = (...args) => {
      isAnswered = true
      return Reflect.apply(send.end, response, args)
    }
    Object.assign(response, send, { end })
    try {
      onFailure(error, isUnfinished)
    } catch (failure) {
      // As Node would: whoever sent the request is not kept waiting for what ended in the handler's own error.
      response.destroy()
      throw failure
    }
    if (!isUnfinished) return
    Object.assign(response, intercepted)
    if (!isAnswered) response.destroy()
  }

  function release(): void {
    let isFlowing = false
    try {
      for (const { name, args } of held) {
        const answer = Reflect.apply(send[name], response, args)
        isFlowing = name === 'write' && answer === true
      }
    } catch (error) {
      // What was to be sent is no text and no bytes: the handler would have been told, but has gone on.
      state = 'dropping'
      if (Reflect.get(response, 'headersSent') === true) response.destroy()
      else replace(error)
      return
    }
    // Its writer was told to wait, and Node has nothing to wait for.
    if (isFlowing) response.emit('drain')
  }
}

/** Applies what `writeHead` was given: Node would let it replace the cookie and its protection. */
function takeHead(response: NodeAnswer, [status, ...rest]: readonly unknown[]): void {
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
