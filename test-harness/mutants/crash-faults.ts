import { appendFileSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import { contentOf, textOf } from './crash-files.ts'
import type { CrashBackend } from './crash-store.ts'

type Spoil = (store: SessionStore, backend: CrashBackend) => Partial<SessionStore>

/** Writes that this process has answered and not yet made, by id. Nobody in it can tell. */
const later = new Map<string, () => Promise<unknown>>()

async function writeNow(id: string): Promise<void> {
  const write = later.get(id)
  later.delete(id)
  await write?.()
}

/** What can be wrong with the store, each by the words that name it in its module's URL. */
export const crashFaults = {
  'nothing is wrong': () => ({}),
  'an update writes over the file in place': (store, { files, call }) => ({
    async update(session, expected) {
      const stored = files.state(session.id)
      if (stored?.version !== expected) return store.update(session, expected)
      const [path, text] = [files.path(contentOf(stored)), textOf(session)]
      await call('write', () => writeFileSync(path, text.slice(0, 9)))
      await call('write on', () => appendFileSync(path, text.slice(9)))
      return store.update(session, expected)
    },
  }),
  'an update is answered before it is written': (store) => ({
    async update(session, expected) {
      const stored = await store.load(session.id)
      if (stored?.version !== expected) return store.update(session, expected)
      later.set(session.id, () => store.update(session, expected))
      setImmediate(writeNow, session.id)
      return 'saved'
    },
    async load(id) {
      await writeNow(id)
      return store.load(id)
    },
  }),
  'an update announces itself and is then refused': (store, { files, call }) => ({
    async update(session, expected) {
      const mark = files.path(`${session.id}.saving`)
      if (existsSync(mark)) return 'conflict'
      await call('announce', () => writeFileSync(mark, ''))
      const answer = await store.update(session, expected)
      await call('over', () => rmSync(mark))
      return answer
    },
  }),
  'a create takes the id before it has the record': (_, { files, call }) => ({
    async create(session) {
      const stored = files.state(session.id)
      if (stored) return stored.version === session.version && isWhole(session) ? 'created' : 'exists'
      await call('add state', () => files.addState(session))
      await call('write content', () => files.writeContent(session))
      return 'created'

      function isWhole({ id, version }: StoredSession): boolean {
        return existsSync(files.path(contentOf({ id, version })))
      }
    },
    async load(id) {
      const state = files.state(id)
      return state && existsSync(files.path(contentOf(state))) ? files.record(state) : undefined
    },
  }),
  'the index of owners is written after the answer': (store, { files }) => ({
    async create(session) {
      const answer = await store.create(session)
      setImmediate(() => writeFileSync(files.path(`${session.id}.${session.owner}`), ''))
      return answer
    },
    async list(query) {
      const { sessions = [] } = (await store.list?.(query)) ?? {}
      const isIndexed = (id: string) => existsSync(files.path(`${id}.${query.owner}`))
      return { sessions: sessions.filter(({ id }) => query.owner === undefined || isIndexed(id)) }
    },
  }),
  'a touch removes the record to write it again': (store, { files, call }) => ({
    async touch(loaded, lifetime) {
      const stored = files.state(loaded.id)
      if (stored?.version !== loaded.version) return store.touch(loaded, lifetime)
      await call('remove state', () => files.removeState(stored))
      await call('add state', () => files.addState({ ...stored, ...lifetime }))
      return 'touched'
    },
  }),
  'a destroy leaves for last what makes it a record': (_, { files, call }) => ({
    async destroy(id) {
      const stored = files.state(id)
      if (!stored) return 'gone'
      await call('remove content', () => files.removeContent(stored))
      return (await call('remove state', () => files.removeState(stored))) ? 'destroyed' : 'gone'
    },
  }),
  'a sweep that has begun is left to end': (store, { files, call }) => ({
    async sweep(options) {
      const mark = files.path('sweeping')
      if (existsSync(mark)) return { removed: 0, examined: 0 }
      await call('begin', () => writeFileSync(mark, ''))
      const result = await store.sweep(options)
      await call('end', () => rmSync(mark))
      return result
    },
  }),
  'a sweep drops the records first and what it knows of them last': (store, { files, call }) => ({
    async sweep(options) {
      const due = files.states().filter(({ purgeAt }) => purgeAt <= options.cutoff)
      for (const state of due) await call('remove content', () => files.removeContent(state))
      return store.sweep(options)
    },
  }),
  'a load takes the record away to read it': (store, { files, call }) => ({
    async load(id) {
      const state = files.state(id)
      if (!state) return undefined
      const [path, claimed] = [files.path(contentOf(state)), files.path(`${id}.claimed`)]
      await call('claim', () => renameSync(path, claimed))
      await call('put back', () => renameSync(claimed, path))
      return store.load(id)
    },
  }),
  'a lock stays when its holder dies': (store, { files, call }) => ({
    async update(session, expected) {
      const lock = files.path(`${session.id}.lock`)
      while (existsSync(lock)) await new Promise(setImmediate)
      await call('lock', () => writeFileSync(lock, ''))
      const answer = await store.update(session, expected)
      await call('unlock', () => rmSync(lock))
      return answer
    },
  }),
  'what several requests write at once is written a little later': (store) => {
    let writers = 0
    const counted = async <T>(id: string, write: () => Promise<T>): Promise<T> => {
      writers++
      await writeNow(id)
      return write().finally(() => writers--)
    }
    return {
      create: (session) => counted(session.id, () => store.create(session)),
      touch: (loaded, lifetime) => counted(loaded.id, () => store.touch(loaded, lifetime)),
      destroy: (id) => counted(id, () => store.destroy(id)),
      update: (session, expected) =>
        counted(session.id, async () => {
          const stored = await store.load(session.id)
          if (writers === 1 || stored?.version !== expected) return store.update(session, expected)
          later.set(session.id, () => store.update(session, expected))
          return 'saved'
        }),
    }
  },
} satisfies Record<string, Spoil>

export type CrashFault = keyof typeof crashFaults
