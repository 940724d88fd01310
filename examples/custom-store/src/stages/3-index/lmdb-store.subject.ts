import { defineSubject, type OpenOptions, type RecordLocation } from '@leeway/conformance'
import { lmdbStore, openDatabase, storeOn } from './lmdb-store.ts'

export default defineSubject({
  name: 'lmdb',
  module: import.meta.url,
  open: ({ scratch, namespace, maxPayloadBytes }) => lmdbStore({ path: scratch, namespace, maxPayloadBytes }),
  corrupt,
  fail,
})

/** Cuts the payload short, past the store. */
async function corrupt({ scratch, namespace, id }: RecordLocation): Promise<void> {
  const db = openDatabase(scratch)
  const key = [namespace, 'payload', id]
  await db.put(key, db.get(key)?.slice(0, -1) ?? '')
  await db.close()
}

/** Closes the database under an open store. */
async function fail({ scratch, namespace, maxPayloadBytes }: OpenOptions) {
  const db = openDatabase(scratch)
  const store = storeOn(db, namespace, maxPayloadBytes)
  await db.close()
  return store
}
