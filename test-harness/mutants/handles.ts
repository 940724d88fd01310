import type { SessionStore } from '@leeway/core/adapter'
import { defineSubject } from '../src/index.ts'
import memory from '../subjects/memory.subject.ts'
import { type Mutant, mutant, rejecting, steppedMutant } from './mutant.ts'

/** Faults of capabilities and close, and of calls at once. */
export const handleMutants: readonly Mutant[] = [
  mutant('close never resolves', 'CLOSE-001', 'nothing was answered for', (store) => ({
    ...store,
    close: () => new Promise(() => {}),
  })),
  mutant('close rejects the second time', 'CLOSE-001', 'close called', (store) => {
    let isClosed = false
    return {
      ...store,
      async close() {
        if (isClosed) throw new Error('already closed')
        isClosed = true
        return store.close()
      },
    }
  }),
  mutant('calls after close succeed', 'CLOSE-002', 'create after close: the call resolved', (store) => ({
    ...store,
    close: async () => {},
  })),
  mutant('load after close finds nothing', 'CLOSE-002', 'load after close: the call resolved', (store) => ({
    ...store,
    load: rejecting(store.load, (error) => (error.code === 'ERR_STORE_CLOSED' ? undefined : error)),
  })),
  mutant('close cuts off what is under way', 'CLOSE-003', 'a create that was under way at close', (store) => ({
    ...store,
    async create(session) {
      const given = { ...session }
      await Promise.resolve()
      return store.create(given)
    },
  })),
  mutant('close does not wait', 'CLOSE-003', 'had settled when it resolved', (store) => ({
    ...store,
    async create(session) {
      const given = { ...session }
      await new Promise(setImmediate)
      return store.create(given)
    },
    close: async () => {},
  })),
  steppedMutant('close resolves at once', 'CLOSE-003', 'close resolved while a create was held', (store) => ({
    ...store,
    close: async () => {},
  })),
  steppedMutant('close is an empty function', 'CLOSE-003', 'close resolved while a create was held', (store) => ({
    ...store,
    close: (() => {}) as unknown as SessionStore['close'],
  })),
  steppedMutant('close resolves at once and closes later', 'CLOSE-003', 'while a create was held', (store) => ({
    ...store,
    close: async () => void store.close(),
  })),
  ...(['load', 'sweep'] as const).map((operation) =>
    steppedMutant(`close waits for no ${operation}`, 'CLOSE-003', `while a ${operation} was held`, (store) => {
      let underWay = 0
      const uncounted = <A extends unknown[], T>(call: (...given: A) => Promise<T>) => {
        return (...given: A): Promise<T> => {
          underWay++
          return call(...given).finally(() => underWay--)
        }
      }
      const { load, sweep } = store
      return {
        ...store,
        ...(operation === 'load' ? { load: uncounted(load) } : { sweep: uncounted(sweep) }),
        async close() {
          const closing = store.close()
          if (underWay === 0) await closing
        },
      }
    }),
  ),
  steppedMutant('a second close does not wait', 'CLOSE-003', 'a second close resolved while', (store) => {
    let isClosing = false
    return {
      ...store,
      async close() {
        if (isClosing) return
        isClosing = true
        return store.close()
      },
    }
  }),
  mutant('close only begins to close', 'CLOSE-004', 'right after the call of close', (store) => ({
    ...store,
    async close() {
      await Promise.resolve()
      return store.close()
    },
  })),
  mutant('close closes every handle', 'CLOSE-005', 'the handle that is still open', (store, { records }) => {
    const shared = new Set([...(handles.get(records) ?? []), store])
    handles.set(records, shared)
    return {
      ...store,
      close: async () =>
        void (await Promise.all([...shared, ...(handles.get(records) ?? [])].map((one) => one.close()))),
    }
  }),
  mutant('capabilities can be changed', 'CAP-001', 'capabilities are not frozen', (store) => ({
    ...store,
    capabilities: { ...store.capabilities },
  })),
  mutant('capabilities that the contract does not know', 'CAP-001', 'capabilities.survives', (store) =>
    declaring(store, { survives: 'everything' as 'nothing' }),
  ),
  mutant('capabilities that change with close', 'CAP-002', 'capabilities after close', (store) => {
    let isClosed = false
    return {
      ...store,
      get capabilities() {
        return Object.freeze({ ...store.capabilities, list: !isClosed })
      },
      async close() {
        isClosed = true
        return store.close()
      },
    }
  }),
  mutant('a list that is not declared', 'CAP-003', 'whether the store has a list', (store) =>
    declaring(store, { list: false }),
  ),
  mutant('a declared list that is not there', 'CAP-003', 'whether the store has a list', ({ list, ...store }) => store),
  mutant('nothing survives that is said to', 'CAP-004', 'after close and reopen', (store, { records }) => ({
    ...declaring(store, { survives: 'process-crash' }),
    async close() {
      records.clear()
      return store.close()
    },
  })),
  mutant('versions do not survive', 'CAP-005', 'after a reopen', (store, { records }) => ({
    ...declaring(store, { survives: 'power-loss' }),
    async close() {
      for (const [key, session] of records) records.set(key, { ...session, version: 'x'.repeat(22) })
      return store.close()
    },
  })),
  mutant('two handles share nothing until they are closed', 'CAP-006', 'the other handle', (store) => {
    const own = new Map<string, Awaited<ReturnType<typeof store.load>>>()
    return {
      ...declaring(store, { sharedBy: 'network' }),
      async load(id) {
        const seen = own.get(id) ?? (await store.load(id))
        if (seen) own.set(id, seen)
        return seen && { ...seen }
      },
      async update(session, expected) {
        own.delete(session.id)
        return store.update(session, expected)
      },
      async touch(loaded, lifetime) {
        own.delete(loaded.id)
        return store.touch(loaded, lifetime)
      },
      async destroy(id) {
        own.delete(id)
        return store.destroy(id)
      },
    }
  }),
  mutant('a declared limit that is not the one asked for', 'CAP-007', 'neither what was asked for', (store) =>
    declaring(store, { maxPayloadBytes: store.capabilities.maxPayloadBytes - 1 }),
  ),
  mutant('a declared limit above the real one', 'PAYLOAD-010', 'that just fits: the call rejected', (store) =>
    declaring(store, { maxPayloadBytes: store.capabilities.maxPayloadBytes + 1 }),
  ),
  mutant('records that go without being swept', 'CAP-008', 'long past its purge time', (store, { clock }) => ({
    ...store,
    async load(id) {
      const stored = await store.load(id)
      return stored && stored.purgeAt + 3_600_000 <= clock.now() ? undefined : stored
    },
  })),
  mutant('answers in the wrong order', 'RACE-008', 'the answers of ten calls at once', (store) => {
    let calls = 0
    return {
      ...store,
      async create(session) {
        const mine = calls++
        const answer = await store.create(session)
        await Promise.resolve()
        return calls - mine > 1 ? 'created' : answer
      },
    }
  }),
  mutant('increments on a copy of the version', 'RACE-003', 'a counter after 8 callers', (store, { records, key }) => ({
    ...store,
    async update(session, expected) {
      const isMine = records.get(key(session.id))?.version === expected
      await Promise.resolve()
      if (!isMine) return store.update(session, expected)
      const current = records.get(key(session.id))
      return store.update(session, current?.version ?? expected)
    },
  })),
  mutant('logout asks first', 'RACE-005', 'of no order', (store, { records, key }) => ({
    ...store,
    async update(session, expected) {
      const answer = await store.update(session, expected)
      await Promise.resolve()
      if (answer === 'saved') records.set(key(session.id), { ...session })
      return answer
    },
  })),
  mutant('touch puts the record back after it answered', 'RACE-006', 'of no order', (store, { records, key }) => ({
    ...store,
    async touch(loaded, lifetime) {
      const stored = records.get(key(loaded.id))
      const answer = await store.touch(loaded, lifetime)
      if (answer === 'touched' && stored) records.set(key(loaded.id), { ...stored, ...lifetime })
      return answer
    },
  })),
  anyNamespace(),
]

function anyNamespace(): Mutant {
  const name = 'any text is a namespace'
  const subject = defineSubject({
    ...memory,
    name,
    open: (options) =>
      memory.open({ ...options, namespace: options.namespace.replaceAll(/[^a-z0-9_-]/g, '_') || 'default' }),
  })
  return { name, rule: 'SPACE-005', message: 'opening with namespace ""', subject }
}

const handles = new WeakMap<object, Set<SessionStore>>()

function declaring(store: SessionStore, fields: Partial<SessionStore['capabilities']>): SessionStore {
  return { ...store, capabilities: Object.freeze({ ...store.capabilities, ...fields }) }
}
