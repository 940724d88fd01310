import { join } from 'node:path'
import type { ExpressStore } from './express-api.ts'
import { expressSession, type Peer } from './peer.ts'
import { patchFs } from './stepped-fs.ts'

interface FileStore extends ExpressStore {
  readonly options: object
}

export const fileStorePeer: Peer = {
  name: 'session-file-store',
  title: 'session-file-store',
  storage: 'disk',
  isStepped: true,
  how: '`{ path, retries: 0, reapInterval: -1 }`, so that a miss is not tried five times more; clean-up is the `reap` of its helpers, which its timer calls',
  open(scratch, services) {
    patchFs()
    const Store: new (options: object) => FileStore = services.load('session-file-store')(expressSession(services))
    const { reap } = services.load('session-file-store/lib/session-file-helpers')
    const store = new Store({ path: scratch, retries: 0, reapInterval: -1, logFn: () => {} })
    return {
      store,
      cleanUp: () =>
        new Promise<void>((resolve, reject) =>
          reap(store.options, (error?: unknown) => (error ? reject([error].flat()[0]) : resolve())),
        ),
    }
  },
}

interface BetterDatabase {
  function(name: string, options: object, body: (value: unknown) => unknown): void
  pragma(text: string): void
  prepare(sql: string): { pluck(): { get(value: unknown): unknown } }
  close(): void
}

interface SqliteStore extends ExpressStore {
  startInterval(): void
  clearExpiredSessions(): void
}

export const betterSqlitePeer: Peer = {
  name: 'better-sqlite3-session-store',
  title: 'better-sqlite3-session-store',
  driver: 'better-sqlite3',
  storage: 'disk',
  how: 'a database in WAL mode, its timer not started; clean-up is its `clearExpiredSessions()`',
  open(scratch, services) {
    const Database: new (path: string) => BetterDatabase = services.load('better-sqlite3')
    const client = new Database(join(scratch, 'better.db'))
    client.pragma('journal_mode = WAL')
    // The peer asks SQLite for the time: SQLite's own function answers, with the clock's time for its own.
    const plain = new Database(':memory:')
    const datetime = plain.prepare('SELECT datetime(?)').pluck()
    client.function('datetime', {}, (value) => datetime.get(value === 'now' ? new Date().toISOString() : value))
    const Store: new (options: object) => SqliteStore = class extends services.load('better-sqlite3-session-store')(
      expressSession(services),
    ) {
      // It could neither be stopped nor let the process end.
      startInterval() {}
    } as never
    const store = new Store({ client })
    return {
      store,
      cleanUp: async () => store.clearExpiredSessions(),
      close() {
        client.close()
        plain.close()
      },
    }
  },
}

interface CallbackDatabase {
  exec(sql: string, done: (error: unknown) => void): void
  run(sql: string, values: unknown[], done?: (error: unknown) => void): void
  close(done: () => void): void
}

type ConnectStore = ExpressStore & { readonly client: { once(event: 'connect', listener: () => void): void } }

/** Two that switch a database to WAL at once end the process: its constructor throws SQLITE_BUSY where nobody can catch it. */
let opening: Promise<unknown> = Promise.resolve()

export const connectSqlitePeer: Peer = {
  name: 'connect-sqlite3',
  title: 'connect-sqlite3',
  driver: 'sqlite3',
  storage: 'disk',
  how: '`{ db, concurrentDb: true }`, one handle after another, since an error while it opens (`SQLITE_BUSY` with two at once) is thrown out of a callback; its clean-up runs when a store is made and once a day, so a second store on the same database is made',
  async open(scratch, services) {
    const sqlite3: { Database: new (path: string) => CallbackDatabase } = services.load('sqlite3')
    const Store: new (options: object) => ConnectStore = services.load('connect-sqlite3')(expressSession(services))
    const db = new sqlite3.Database(join(scratch, 'connect.db'))
    const make = () => {
      const { promise: cleaned, resolve, reject } = Promise.withResolvers<void>()
      // Tells when the clean-up, which takes no callback, is over.
      const run: CallbackDatabase['run'] = (sql, values, done) =>
        db.run(sql, values, done ?? ((error) => (error ? reject(error) : resolve())))
      const watched = new Proxy(db, {
        get: (_, name) => (name === 'run' ? run : Reflect.get(db, name).bind(db)),
      })
      return { store: new Store({ db: watched, concurrentDb: true }), cleaned }
    }
    const before = opening
    const { promise: opened, resolve: open } = Promise.withResolvers<void>()
    opening = opened
    await before
    const { store, cleaned } = make()
    await cleaned.finally(open)
    return {
      store,
      cleanUp: () => make().cleaned,
      close: () => new Promise<void>((resolve) => db.close(resolve)),
    }
  },
}
