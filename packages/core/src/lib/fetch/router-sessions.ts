import { assertKnownOptions } from '../adapter/checks.ts'
import { LeewayError } from '../errors.ts'
import type { Exchange } from '../http/exchange.ts'
import { httpSessions } from '../http/http-sessions.ts'
import type { HttpOptions } from '../http/options.ts'
import { invalid } from '../options.ts'
import type { Session } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions-api.ts'

type Name<Data> = keyof Data & string

/** What is stored: each flash value under a name of its own, so that it is merged like any other. */
type RouterData<Data, Flash> = Partial<Data & { [Key in keyof Flash as `__flash_${Key & string}__`]: Flash[Key] }>

/** A session in the shape of React Router's. */
export interface RouterSession<Data, Flash = Data> {
  /** Empty for a session that this request began. */
  readonly id: string
  readonly data: RouterData<Data, Flash>
  has(name: Name<Data> | Name<Flash>): boolean
  /** A flash value is given once: it has gone with the next commit. */
  get<Key extends Name<Data> | Name<Flash>>(
    name: Key,
  ): (Key extends keyof Data ? Data[Key] : undefined) | (Key extends keyof Flash ? Flash[Key] : undefined) | undefined
  set<Key extends Name<Data>>(name: Key, value: Data[Key]): void
  /** Sets a value for the next `get`, which may be in another request. */
  flash<Key extends Name<Flash>>(name: Key, value: Flash[Key]): void
  unset(name: Name<Data>): void
}

/** What React Router calls a session storage, and the leeway session beneath: see {@link routerSessions}. */
export interface RouterSessions<Data, Flash = Data> {
  /** The session that a `Cookie` header opens, or a new one. @throws store errors */
  getSession(cookieHeader?: string | null, options?: object): Promise<RouterSession<Data, Flash>>
  /**
   * Saves. Resolves with the `Set-Cookie` header to send, or with an empty string, which browsers ignore as a header,
   * where there is none to send: once the browser has its cookie, most commits send none.
   * @throws what `save` throws
   */
  commitSession(session: RouterSession<Data, Flash>, options?: object): Promise<string>
  /** Logs out. Resolves with the `Set-Cookie` header that takes the cookie away. @throws store errors */
  destroySession(session: RouterSession<Data, Flash>, options?: object): Promise<string>
  /** The leeway session, for `login`, `update`, `rotate` and `setTimeouts`. @throws `ERR_INVALID_OPTION` for a session of another storage */
  sessionOf(session: RouterSession<Data, Flash>): Session<RouterData<Data, Flash>>
}

type RouterOptions = Omit<HttpOptions<undefined>, 'client' | 'onStoreFailure' | 'secure'> & {
  readonly secure?: boolean
}

/**
 * Sessions in the shape of React Router's `createSessionStorage`, with everything that leeway promises beneath.
 * The cookie's options are given here and not with each commit; where the store fails, the calls reject.
 *
 * @throws `ERR_INVALID_OPTION`
 * @example
 * import { createSessions } from '@leeway/core'
 * import { routerSessions } from '@leeway/core/fetch'
 * import { memoryStore } from '@leeway/core/memory'
 *
 * const sessions = createSessions({ store: memoryStore() })
 * const { getSession, commitSession, sessionOf } = routerSessions<{ name: string }, { notice: string }>(sessions)
 * const session = await getSession(null)
 * session.flash('notice', 'welcome')
 * await sessionOf(session).login('alice')
 * const header = await commitSession(session)
 * const next = await getSession(header.split(';')[0])
 * console.log(next.get('notice'), next.get('notice')) // welcome undefined
 * await sessions.close()
 */
export function routerSessions<Data extends object = Record<string, unknown>, Flash = Data>(
  sessions: Pick<Sessions<object>, 'open'>,
  options: RouterOptions = {},
): RouterSessions<Data, Flash> {
  if ('client' in options) invalid('client', 'left out: getSession is given no request')
  if ('onStoreFailure' in options) invalid('onStoreFailure', 'left out: getSession has to give a session, or reject')
  type Opened = Exchange<RouterData<Data, Flash>, undefined, 'fail'>
  // Which names there are, and of which types, is for the caller of this function to say.
  const http = httpSessions<RouterData<Data, Flash>, undefined>(
    sessions as Pick<Sessions<RouterData<Data, Flash>>, 'open'>,
    options,
  )
  const exchanges = new WeakMap<object, Opened>()
  const opened = (session: object, given: object, operation: string) => {
    assertKnownOptions(given, [], operation)
    const exchange = exchanges.get(session)
    if (exchange?.session) return { exchange, session: exchange.session }
    throw new LeewayError('ERR_INVALID_OPTION', 'the session is not one that this getSession gave', { operation })
  }
  return {
    async getSession(cookieHeader, given = {}) {
      assertKnownOptions(given, [], 'getSession')
      const exchange: Opened = http.begin(cookieHeader, undefined)
      const session = view<Data, Flash>(await exchange.open())
      exchanges.set(session, exchange)
      return session
    },
    async commitSession(session, given = {}) {
      return (await opened(session, given, 'commitSession').exchange.save()) ?? ''
    },
    async destroySession(session, given = {}) {
      const { exchange, session: beneath } = opened(session, given, 'destroySession')
      await beneath.destroy()
      return (await exchange.save()) ?? ''
    },
    sessionOf: (session) => opened(session, {}, 'sessionOf').session,
  }
}

function view<Data, Flash>(session: Session<RouterData<Data, Flash>>): RouterSession<Data, Flash> {
  const read = (name: string): unknown =>
    Object.hasOwn(session.data, name) ? Reflect.get(session.data, name) : undefined
  // Not an assignment, which under the name __proto__ would be another thing: saving refuses that name.
  const write = (name: string, value: unknown) =>
    Object.defineProperty(session.data, name, { value, configurable: true, enumerable: true, writable: true })
  const remove = (name: string) => Reflect.deleteProperty(session.data, name)
  return {
    get id() {
      return session.isNew ? '' : session.id
    },
    get data() {
      return session.data
    },
    has: (name) => Object.hasOwn(session.data, name) || Object.hasOwn(session.data, flashName(name)),
    get(name) {
      if (Object.hasOwn(session.data, name)) return read(name) as never
      const value = read(flashName(name))
      remove(flashName(name))
      return value as never
    },
    set: write,
    flash: (name, value) => write(flashName(name), value),
    unset: remove,
  }
}

function flashName(name: string): string {
  return `__flash_${name}__`
}
