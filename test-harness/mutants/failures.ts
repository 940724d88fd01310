import { isLeewayError, LeewayError, type SessionStore } from '@leeway/core/adapter'
import { type Mutant, mutant, rejecting, steppedMutant } from './mutant.ts'

/** The ids that were stored by stores of several steps, on whichever backend. */
const stored = new Set<string>()

function remembering(store: SessionStore): SessionStore {
  return {
    ...store,
    create(session) {
      stored.add(session.id)
      return store.create(session)
    },
  }
}

/** Rejects if one of them cannot be read. */
async function loadAll(store: SessionStore): Promise<void> {
  for (const id of stored) await store.load(id)
}

/** Faults of errors. */
export const failureMutants: readonly Mutant[] = [
  mutant('errors name another operation', 'ERROR-001', 'the operation named in the refusal of load', (store) =>
    failing(store, (error) => new LeewayError(error.code, error.message, { operation: 'query' })),
  ),
  mutant('load throws', 'ERROR-002', 'load threw instead of', (store) => ({
    ...store,
    load(id) {
      if (id.length !== 26) throw new LeewayError('ERR_INVALID_ID', 'wrong', { operation: 'load' })
      return store.load(id)
    },
  })),
  mutant('errors contain the id', 'ERROR-003', 'contains the whole id', (store) => ({
    ...store,
    async create(session) {
      try {
        return await store.create(session)
      } catch (error) {
        throw isLeewayError(error) ? new LeewayError(error.code, `${error.message}: ${session.id}`, error) : error
      }
    },
  })),
  mutant('errors carry the payload', 'ERROR-003', 'contains the payload', (store) => ({
    ...store,
    async create(session) {
      try {
        return await store.create(session)
      } catch (error) {
        if (!isLeewayError(error)) throw error
        throw new LeewayError(error.code, error.message, {
          operation: 'create',
          cause: { parameters: [session.payload] },
        })
      }
    },
  })),
  mutant('errors are of any kind', 'ID-004', 'create with the id', (store) =>
    failing({ ...store, create: rejecting(store.create, () => new TypeError('wrong')) }, (error) => error),
  ),
  steppedMutant('unreadable is absent', 'ERROR-004', 'load of a damaged record: the call resolved', (store) => ({
    ...store,
    load: (id) =>
      store.load(id).catch((error: unknown) => {
        if (isLeewayError(error) && error.code === 'ERR_STORE_FAILED') return undefined
        throw error
      }),
  })),
  steppedMutant('one damaged record fails all reads', 'ERROR-005', 'the neighbour of a damaged record', (store) => ({
    ...remembering(store),
    async load(id) {
      await loadAll(store)
      return store.load(id)
    },
  })),
  steppedMutant('one damaged record fails all lists', 'ERROR-013', 'list beside a damaged record', (store) => ({
    ...remembering(store),
    async list(query) {
      await loadAll(store)
      return (await store.list?.(query)) ?? { sessions: [] }
    },
  })),
  steppedMutant('a list ends at a damaged record', 'ERROR-013', 'those that are listed', (store) => ({
    ...remembering(store),
    async list(query) {
      const isDamaged = await loadAll(store).then(
        () => false,
        () => true,
      )
      return isDamaged ? { sessions: [] } : ((await store.list?.(query)) ?? { sessions: [] })
    },
  })),
  steppedMutant('destroy reads what it destroys', 'ERROR-006', 'destroy of a damaged record', (store) => ({
    ...store,
    async destroy(id) {
      await store.load(id)
      return store.destroy(id)
    },
  })),
  steppedMutant('one damaged record stops the sweep', 'ERROR-007', 'sweep: the call rejected', (store) => ({
    ...remembering(store),
    async sweep(options) {
      if (options.limit > 1) await loadAll(store)
      return store.sweep(options)
    },
  })),
  steppedMutant(
    'a failed backend is absence',
    'ERROR-008',
    'load on a failing backend: the call resolved',
    (store) => ({
      ...store,
      load: (id) => quiet(store.load(id), undefined),
    }),
  ),
  steppedMutant(
    'a failed backend is `gone`',
    'ERROR-008',
    'destroy on a failing backend: the call resolved',
    (store) => ({
      ...store,
      destroy: (id) => quiet(store.destroy(id), 'gone'),
    }),
  ),
  steppedMutant('a failed backend is an empty sweep', 'ERROR-008', 'sweep on a failing backend', (store) => ({
    ...store,
    sweep: (options) => quiet(store.sweep(options), { removed: 0, examined: 0 }),
  })),
  steppedMutant('the cause is lost', 'ERROR-009', 'has no cause', (store) => ({
    ...store,
    load: rejecting(store.load, ({ code, message }) => new LeewayError(code, message, { operation: 'load' })),
  })),
  steppedMutant('close reopens while the backend fails', 'ERROR-010', 'load after close', (store) => ({
    ...store,
    close: async () => {},
  })),
]

function quiet<T>(call: Promise<T>, answer: T): Promise<T> {
  return call.catch((error: unknown) => {
    if (isLeewayError(error) && error.code === 'ERR_STORE_FAILED') return answer
    throw error
  })
}

function failing(store: SessionStore, replace: (error: LeewayError) => Error): SessionStore {
  return { ...store, load: rejecting(store.load, replace) }
}
