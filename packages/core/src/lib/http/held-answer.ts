import type { Exchange } from './exchange.ts'
import { type NodeHead, settledHead, takeHead } from './node-head.ts'
import { ANSWER_HEADERS, nodeHeaders, sendCookie } from './response-headers.ts'

export type Method = (...args: never[]) => unknown

/** What begins or ends an answer. */
export type Sending = 'writeHead' | 'flushHeaders' | 'write' | 'end'

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

export const isBegun = Symbol('leeway: is begun')

/** Answers in place of the handler: see `commitBeforeHeaders`. */
export type OnFailure = (error: unknown, isUnfinished: boolean) => void

/** What a handler sends before its session is stored. */
export class HeldAnswer {
  readonly #exchange: Pick<Exchange<object, unknown, unknown>, 'commit'>
  readonly #response: NodeAnswer
  readonly #onFailure: OnFailure
  readonly #send: Record<Sending, Method>
  /** The methods in place of those, which end up here. */
  readonly #methods: Record<Sending, Method>
  #state: 'untouched' | 'holding' | 'through' | 'dropping' = 'untouched'
  readonly #held: { readonly name: Sending; readonly args: readonly unknown[] }[] = []
  #settleHead = () => {}

  constructor(
    exchange: Pick<Exchange<object, unknown, unknown>, 'commit'>,
    response: NodeAnswer,
    onFailure: OnFailure,
    methods: Record<Sending, Method>,
  ) {
    this.#exchange = exchange
    this.#response = response
    this.#onFailure = onFailure
    const { writeHead, flushHeaders, write, end } = response
    this.#send = { writeHead, flushHeaders, write, end }
    this.#methods = methods
    Object.assign(response, methods)
  }

  /** What the method of this name does in place of the response's own. */
  take(name: Sending, args: readonly unknown[]): unknown {
    if (this.#state === 'through') return Reflect.apply(this.#send[name], this.#response, args)
    if (this.#state === 'dropping' || this.#held.at(-1)?.name === 'end') {
      refuse(args)
      return name === 'write' ? true : this.#response
    }
    if (name === 'writeHead') {
      takeHead(this.#response, args)
      this.#holdBack(name, [this.#response.statusCode])
    } else {
      this.#holdBack(name, args)
    }
    if (name === 'write') return false
    return name === 'flushHeaders' ? undefined : this.#response
  }

  #holdBack(name: Sending, args: readonly unknown[]): void {
    this.#held.push({ name, args })
    if (this.#state === 'holding') return
    this.#state = 'holding'
    this.#response[isBegun] = true
    this.#settleHead = settledHead(this.#response)
    void this.#commit()
  }

  async #commit(): Promise<void> {
    const response = this.#response
    try {
      const setCookie = await this.#exchange.commit()
      this.#holdNoMore('through')
      if (setCookie !== undefined) sendCookie(nodeHeaders(response), setCookie)
    } catch (error) {
      const setCookie = await this.#exchange.commit()
      this.#holdNoMore('dropping')
      for (const { args } of this.#held) refuse(args)
      if (response.destroyed) return
      for (const name of ANSWER_HEADERS) response.removeHeader(name)
      if (setCookie !== undefined) sendCookie(nodeHeaders(response), setCookie)
      this.#replace(error)
      return
    }
    this.#release()
  }

  #holdNoMore(next: 'through' | 'dropping'): void {
    this.#state = next
    this.#response[isBegun] = false
    this.#settleHead()
  }

  /** Has another answer sent. Whoever put something around the methods since has seen the handler's, and is passed by. */
  #replace(error: unknown): void {
    const response = this.#response
    const isUnfinished = this.#held.at(-1)?.name !== 'end'
    let isAnswered = false
    const end: Method = (...args) => {
      isAnswered = true
      return Reflect.apply(this.#send.end, response, args)
    }
    Object.assign(response, this.#send, { end })
    try {
      this.#onFailure(error, isUnfinished)
    } catch (failure) {
      // As Node would: whoever sent the request is not kept waiting for what ended in the handler's own error.
      response.destroy()
      throw failure
    }
    if (!isUnfinished) return
    Object.assign(response, this.#methods)
    if (!isAnswered) response.destroy()
  }

  #release(): void {
    const response = this.#response
    let isFlowing = false
    try {
      for (const { name, args } of this.#held) {
        const answer = Reflect.apply(this.#send[name], response, args)
        isFlowing = name === 'write' && answer === true
      }
    } catch (error) {
      // What was to be sent is no text and no bytes: the handler would have been told, but has gone on.
      this.#state = 'dropping'
      if (Reflect.get(response, 'headersSent') === true) response.destroy()
      else this.#replace(error)
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
