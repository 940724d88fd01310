import type { Exchange } from './exchange.ts'
import { HeldAnswer, isBegun, type Method, type NodeAnswer, type OnFailure, type Sending } from './held-answer.ts'

/** Methods in place of a response's own, and where each response has the answer that they hold back. */
interface Layer {
  readonly key: symbol
  readonly methods: Record<Sending, Method>
}

interface Layered {
  readonly [key: symbol]: unknown
}

/** The first for the first that has a response held back, the next for who does the same to it afterwards, and so on. */
const layers: Layer[] = []

/**
 * All responses share the methods and the accessor. Closures of its own, set as properties, outlive a response until the
 * next major collection (V8 13.6), and an accessor of its own turns it into a dictionary.
 */
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
  onFailure: OnFailure,
): void {
  const { key, methods } = layers.find((layer) => !(layer.key in response)) ?? addLayer()
  // Whoever puts something around these methods later is called before them and stays where it is.
  Reflect.set(response, key, new HeldAnswer(exchange, response, onFailure, methods))
  // Whoever asks before sending another answer, as Express does before a 404 or an error, is told that this one is on its way.
  response[isBegun] = false
  Object.defineProperty(response, 'headersSent', headersSent)
}

function addLayer(): Layer {
  const key = Symbol('leeway: held answer')
  const method = (name: Sending): Method =>
    function (this: Layered, ...args: readonly unknown[]) {
      const held = this[key]
      return held instanceof HeldAnswer ? held.take(name, args) : undefined
    }
  const methods = {
    writeHead: method('writeHead'),
    flushHeaders: method('flushHeaders'),
    write: method('write'),
    end: method('end'),
  }
  layers.push({ key, methods })
  return { key, methods }
}
