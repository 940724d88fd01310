/** Where each finding is to be seen in the store's own source, read by hand. No finding goes into the page without. */
export const sources: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  all: {
    'set-after-destroy':
      'express-session says of `set` that it is "used to upsert a session into the store". So each of these stores does as it is told: its `set` cannot know that the session was there and is gone. This follows from the contract, not from a mistake of a store.',
    'STEP-003':
      'The guarded save looks whether the session is still there, and then calls `set`. A logout between the two calls is undone. Looking first makes the window smaller; only a store that does both in one step can close it, and the API has no call for that.',
    'STEP-002':
      'Each session carries a version in its data, and the guarded save compares it before it calls `set`. Two requests can both have compared before either has set. The API has no call that does both.',
  },
  MemoryStore: {},
  memorystore: {
    expiry: 'In lru-cache 4, which it keeps the sessions in: `stale = diff > hit.maxAge`.',
    'max-age-0': '`getTTL` gives 0, and lru-cache 4 takes `maxAge || this[MAX_AGE]`, which is 0 and means no expiry.',
  },
  'session-file-store': {
    'STEP-008':
      '`touch` reads the file, changes it and writes it again (`helpers.get`, then `helpers.set`, which creates).',
    'touch-expired':
      "`helpers.get` gives null for a session that has expired, and `touch` goes on with `originalSession = {}`, which it saves with the request's cookie.",
    'touch-meets-set':
      '`touch` reads the file, changes it and writes it again. Writes of one file wait for each other in a process, reads do not wait.',
    expiry: '`helpers.isExpired`: `getLastAccess(session) + ttl < now`.',
    'max-age-0':
      '`helpers.isExpired` takes `originalMaxAge` if it is not 0, else the option `ttl`, an hour by default.',
    'id-path':
      "`helpers.sessionPath` is `path.join(options.path, sessionId + options.fileExtension)`. Ids come from signed cookies, so only a generator of one's own or a known secret brings such an id here.",
    orders:
      '`helpers.reap` asks `helpers.expired` for each file, which reads it, and then removes it: what is saved in between is removed.',
  },
  'connect-sqlite3': {
    expiry: '`get` selects `WHERE sid = ? AND ? <= expired`.',
    'max-age-0': '`set` computes `maxAge ? now + maxAge : now + oneDay`.',
  },
  'better-sqlite3-session-store': {
    expiry:
      "`get` selects `datetime('now') < datetime(expire)`, and both are cut to whole seconds: an expiry at half past a second has come half a second early.",
    'max-age-0': '`set` takes `cookie.maxAge` if it is not 0, else a day.',
  },
  'connect-redis': {
    expiry: '`getTTL` rounds what is left up to whole seconds, for `SET` with `EX`.',
  },
  'connect-pg-simple': {
    expiry:
      'Expiry and present are both rounded up to whole seconds (`Math.ceil`), and `get` selects `expire >= to_timestamp($2)`.',
  },
}
