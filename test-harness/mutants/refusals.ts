import { LeewayError, type SessionStore } from '@leeway/core/adapter'
import { type Mutant, mutant, rejecting } from './mutant.ts'

/** Faults in how calls are refused. */
export const refusalMutants: readonly Mutant[] = [
  mutant('errors after close name no operation', 'ERROR-001', 'refusal of load with a closed handle', (store) =>
    closable(store, (load, isClosed) =>
      rejecting(load, (error) => (isClosed() ? new LeewayError(error.code, error.message) : error)),
    ),
  ),
  mutant('errors of payloads name what called', 'ERROR-001', 'of create with a payload that is no text', (store) => ({
    ...store,
    create: rejecting(store.create, (error) =>
      error.code.includes('PAYLOAD') ? new LeewayError(error.code, error.message, { operation: 'save' }) : error,
    ),
  })),
  mutant('update throws at a wrong version', 'ERROR-002', 'rejects: a wrong expected version', (store) => ({
    ...store,
    update(session, expected) {
      if (typeof expected !== 'string') throw new LeewayError('ERR_INVALID_RECORD', 'wrong', { operation: 'update' })
      return store.update(session, expected)
    },
  })),
  mutant('errors that are thrown contain the id', 'ERROR-003', 'contains the whole id', (store) => ({
    ...store,
    create(session) {
      if (Number.isNaN(session.expiresAt)) {
        throw new LeewayError('ERR_INVALID_RECORD', `${session.id} has no expiry`, { operation: 'create' })
      }
      return store.create(session)
    },
  })),
  mutant('calls after close throw', 'CLOSE-002', 'load after close: the call threw', (store) =>
    closable(store, (load, isClosed) => (id) => {
      if (isClosed()) throw new LeewayError('ERR_STORE_CLOSED', 'closed', { operation: 'load' })
      return load(id)
    }),
  ),
  mutant('calls after close return nothing', 'CLOSE-002', 'load after close: the call returned no promise', (store) =>
    closable(store, (load, isClosed) => (id) => (isClosed() ? undefined : load(id)) as ReturnType<typeof load>),
  ),
]

type Load = SessionStore['load']

/** A store whose `load` can know that it has been closed. */
function closable(store: SessionStore, change: (load: Load, isClosed: () => boolean) => Load): SessionStore {
  let isClosed = false
  return {
    ...store,
    load: change(store.load, () => isClosed),
    close() {
      isClosed = true
      return store.close()
    },
  }
}
