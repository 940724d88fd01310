import { join } from 'node:path'
import { type Arena, type Contender, IDLE_MS } from './contender.ts'
import { NaiveStore } from './naive-store.ts'

/** The race as an upsert store runs it. */
export async function naive({ clock, directory }: Arena): Promise<Contender> {
  const store = new NaiveStore(join(directory, 'naive.db'))
  store.save('session', 'before', clock.now() + IDLE_MS)
  let old: string[] = []
  return {
    steps: {
      C: async () => {
        old = store.check(clock.now())
        return `finds ${old.length} that ${old.length === 1 ? 'is' : 'are'} old`
      },
      D: async () => `deletes ${store.delete(old)}`,
      L: async () => {
        const value = store.load('session')
        return value === undefined ? 'finds none: a new session' : `loads “${value}”`
      },
      P: async () => 'works on it',
      S: async () => {
        store.save('session', 'after', clock.now() + IDLE_MS)
        return 'saves “after”: done'
      },
    },
    readBack: async () => store.load('session') ?? null,
    refused: () => false,
    close: async () => store.close(),
  }
}
