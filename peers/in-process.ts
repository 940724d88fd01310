import type { ExpressStore } from './express-api.ts'
import { expressSession, type OpenPeer, type Peer } from './peer.ts'

interface Prunable extends ExpressStore {
  prune(): void
}

interface Listable extends ExpressStore {
  all(done: () => void): void
}

/** Peers that keep sessions in this process: handles on one `scratch` share one store. */
const stores = new Map<string, OpenPeer>()

function shared(scratch: string, open: () => OpenPeer): OpenPeer {
  const opened = stores.get(scratch) ?? open()
  stores.set(scratch, opened)
  return opened
}

const discard = (scratch: string) => void stores.delete(scratch)

export const memoryStorePeer: Peer = {
  name: 'express-session',
  title: 'MemoryStore',
  storage: 'process',
  how: '`new MemoryStore()`; it has no clean-up of its own, so its `all()`, which drops what has expired, stands for one',
  open: (scratch, services) =>
    shared(scratch, () => {
      const store = new (expressSession(services).MemoryStore)() as Listable
      return { store, cleanUp: () => new Promise<void>((resolve) => store.all(() => resolve())) }
    }),
  discard,
}

export const memorystorePeer: Peer = {
  name: 'memorystore',
  title: 'memorystore',
  storage: 'process',
  how: '`{}`; clean-up is its `prune()`',
  open: (scratch, services) =>
    shared(scratch, () => {
      const Store: new (options: object) => Prunable = services.load('memorystore')(expressSession(services))
      const store = new Store({})
      return { store, cleanUp: async () => store.prune() }
    }),
  discard,
}
