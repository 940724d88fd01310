import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import { version } from '@leeway/testing/records'

/** Every call that there is on a session, by its name. */
export function callsOn(store: SessionStore, session: StoredSession): Record<string, () => Promise<unknown>> {
  return {
    create: () => store.create(session),
    load: () => store.load(session.id),
    update: () => store.update({ ...session, version: version(2) }, session.version),
    touch: () => store.touch(session, { expiresAt: session.expiresAt + 1_000, purgeAt: session.purgeAt + 1_000 }),
    destroy: () => store.destroy(session.id),
    'list by owner': async () => store.list?.({ owner: session.owner ?? '', limit: 10 }),
    list: async () => store.list?.({ limit: 10 }),
  }
}
