import {
  assertId,
  assertKnownOptions,
  assertLifetime,
  assertListQuery,
  assertLoadedRef,
  assertMaxPayloadBytes,
  assertNamespace,
  assertSession,
  assertSweepOptions,
  assertVersion,
  DEFAULT_MAX_PAYLOAD_BYTES,
  Gate,
  LeewayError,
} from '@leeway/core/adapter'

/**
 * What each operation has to do is said in full by `SessionStore`; every one is one atomic step for its record.
 *
 * @param {object} options
 * @param {string} options.directory where the records are kept: two stores with the same one are two handles on them
 * @param {string} [options.namespace] keeps the records of several applications apart; default `default`
 * @param {number} [options.maxPayloadBytes] the longest payload, in bytes of UTF-8; default 1 MiB
 * @param {(call: string) => Promise<void>} [options.step] awaited before each call of the backend, where an operation makes
 *   several: tests stop there
 * @returns {import('@leeway/core/adapter').SessionStore}
 */
export function myStore(options) {
  const { namespace = 'default', maxPayloadBytes = DEFAULT_MAX_PAYLOAD_BYTES } = options
  assertKnownOptions(options, ['directory', 'namespace', 'maxPayloadBytes', 'step'], 'open')
  assertNamespace(namespace)
  assertMaxPayloadBytes(maxPayloadBytes)
  const gate = new Gate()

  return {
    // What your backend keeps, and for whom. Rules that need more do not apply, so do not promise too much.
    capabilities: Object.freeze({
      survives: 'nothing',
      sharedBy: 'process',
      purge: 'sweep',
      list: true,
      failover: 'none',
      maxPayloadBytes,
    }),

    // Stores where nothing is stored under the id, else `exists`. The same version again: `created`.
    create: (session) =>
      gate.run('create', async () => {
        assertSession(session, 'create', maxPayloadBytes)
        return notWritten('create')
      }),

    // The record as stored, whatever its age, or undefined.
    load: (id) =>
      gate.run('load', async () => {
        assertId(id, 'load')
        return notWritten('load')
      }),

    // Replaces the record only if its version is `expected`, and never inserts: `saved`, `conflict` or `gone`.
    // `purgeAt` becomes the later of stored and given. The stored version is the new one already: `saved`.
    update: (session, expected) =>
      gate.run('update', async () => {
        assertSession(session, 'update', maxPayloadBytes)
        assertVersion(expected, 'update')
        return notWritten('update')
      }),

    // Moves `expiresAt` and `purgeAt` forward, never back, if the version is the loaded one; changes nothing else.
    touch: (loaded, lifetime) =>
      gate.run('touch', async () => {
        assertLoadedRef(loaded, 'touch')
        assertLifetime(lifetime, 'touch')
        return notWritten('touch')
      }),

    // Removes the record whatever its version: `destroyed`, or `gone` if there was none.
    destroy: (id) =>
      gate.run('destroy', async () => {
        assertId(id, 'destroy')
        return notWritten('destroy')
      }),

    // Removes at most `limit` records with `purgeAt <= cutoff`, testing in the step that deletes. A cursor: call again.
    sweep: (options) =>
      gate.run('sweep', async () => {
        assertSweepOptions(options)
        return notWritten('sweep')
      }),

    // Pages through the records, of one owner or all. Leave it out, with `list: false` above, if your backend cannot.
    list: (query) =>
      gate.run('list', async () => {
        assertListQuery(query)
        return notWritten('list')
      }),

    // Waits for what is under way, then releases what the store holds.
    close: () => gate.close(() => {}),
  }
}

/**
 * @param {string} operation
 * @returns {never}
 */
function notWritten(operation) {
  throw new LeewayError('ERR_UNSUPPORTED', `${operation} is not written yet`, { operation })
}
