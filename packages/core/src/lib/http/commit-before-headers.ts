import type { Exchange } from './exchange.ts'
import { type NodeHead, settledHead, takeHead } from './node-head.ts'
import { ANSWER_HEADERS, nodeHeaders, sendCookie } from './response-headers.ts'

type Method = (...args: never[]) => unknown
type Name = 'writeHead' | 'flushHeaders' | 'write' | 'end'

/** The part of Node's `ServerResponse` that sending takes. */
export interface NodeAnswer extends NodeHead {
  readonly destroyed: boolean
  writeHead: Method
  flushHeaders: Method
  write: Method
  end: Method
  emit(event: 'drain'): unknown
  destroy(): unknown
  /** Whether an answer is held back. */
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

/**
 * Has the session saved before the headers of a Node response go out, whatever sends them: from the first `writeHead`,
 * `write`, `end` or `flushHeaders` on, what the handler sends waits until `commit` has resolved, and follows with the
 * cookie. To the handler it has been sent: a second answer is dropped, as Node drops it, so that a redirect to the login
 * without a `return` after it does not bring the account along.
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
  const held: { readonly name: Name; readonly args: readonly unknown[] }[] = []
  let settleHead = () => {}

  // Whoever put something around these methods since is called before them and stays where it is.
  const intercept = (name: Name, hold: (args: readonly unknown[]) => unknown) => {
    response[name] = (...args: readonly unknown[]) => {
      if (state === 'through') return Reflect.apply(send[name], response, args)
      if (state !== 'dropping' && held.at(-1)?.name !== 'end') return hold(args)
      refuse(args)
      return name === 'write' ? true : response
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
  // Whoever asks before sending another answer, as Express does before a 404 or an error, is told that this one is on its way.
  response[isBegun] = false
  Object.defineProperty(response, 'headersSent', headersSent)

  function holdBack(name: Name, args: readonly unknown[]): void {
    held.push({ name, args })
    if (state === 'holding') return
    state = 'holding'
    response[isBegun] = true
    settleHead = settledHead(response)
    void commit()
  }

  async function commit(): Promise<void> {
    try {
      const setCookie = await exchange.commit()
      holdNoMore('through')
      if (setCookie !== undefined) sendCookie(nodeHeaders(response), setCookie)
    } catch (error) {
      const setCookie = await exchange.commit()
      holdNoMore('dropping')
      for (const { args } of held) refuse(args)
      if (response.destroyed) return
      for (const name of ANSWER_HEADERS) response.removeHeader(name)
      if (setCookie !== undefined) sendCookie(nodeHeaders(response), setCookie)
      replace(error)
      return
    }
    release()
  }

  function holdNoMore(next: 'through' | 'dropping'): void {
    state = next
    response[isBegun] = false
    settleHead()
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

/** Tells whoever waits for something to be sent that it will not be, as Node does once a response is destroyed. */
function refuse(args: readonly unknown[]): void {
  const callback = args.at(-1)
  if (typeof callback !== 'function') return
  const error = Object.assign(new Error('not sent: another answer goes out'), { code: 'ERR_STREAM_DESTROYED' })
  queueMicrotask(() => callback(error))
}
