import { defineSubject, type OpenOptions, type RecordLocation } from '@leeway/conformance'
import { createStorage, type Storage } from 'unstorage'
import { unstorageStore } from './unstorage-store.ts'

const storages = new Map<string, Storage>()

/** Unstorage's own memory driver. All handles of one scratch directory are on one storage, as processes would be on a server. */
function storageOf(scratch: string): Storage {
  const storage = storages.get(scratch) ?? createStorage()
  storages.set(scratch, storage)
  return storage
}

export default defineSubject({
  name: 'unstorage',
  open: ({ scratch, namespace, maxPayloadBytes, step }) =>
    unstorageStore({ storage: storageOf(scratch), sharedBy: 'process', namespace, maxPayloadBytes, step }),
  corrupt,
  fail,
  discard: ({ scratch }) => void storages.delete(scratch),
})

/** Cuts the text of the record short. */
async function corrupt({ scratch, namespace, id }: RecordLocation): Promise<void> {
  const storage = storageOf(scratch)
  const text = JSON.stringify(await storage.getItem(`${namespace}:${id}`))
  await storage.setItemRaw(`${namespace}:${id}`, text.slice(0, -10))
}

/** A driver that has lost its server. */
function fail({ namespace, maxPayloadBytes, step }: OpenOptions) {
  const refuse = () => Promise.reject(new Error('connection refused'))
  const driver = { hasItem: refuse, getItem: refuse, setItem: refuse, removeItem: refuse, getKeys: refuse }
  return unstorageStore({ storage: createStorage({ driver }), sharedBy: 'process', namespace, maxPayloadBytes, step })
}
