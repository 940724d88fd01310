// Increments one counter in one store; the parent says when to load and when to save.
import { createSessions, type Session } from '@leeway/core'
import { NaiveStore } from './naive-store.ts'
import { isSharedKind, openStore, type SharedKind } from './stores.ts'

export interface Step {
  readonly step: 'load' | 'loaded' | 'save' | 'saved' | 'stop'
}

const [kind, place, token] = process.argv.slice(2)
if (place === undefined || token === undefined)
  throw new Error('usage: increment-process <naive|sqlite|file|redis> <place> <token>')
const counter = isSharedKind(kind) ? leeway(kind, place, token) : naive(place, token)

process.on('message', async ({ step }: Step) => {
  if (step === 'load') {
    await counter.load()
    process.send?.({ step: 'loaded' })
  } else if (step === 'save') {
    await counter.save()
    process.send?.({ step: 'saved' })
  } else {
    await counter.close()
    process.disconnect()
  }
})

function naive(file: string, id: string) {
  const store = new NaiveStore(file)
  let n = 0
  return {
    load: async () => {
      n = Number(store.get(id, Date.now()))
    },
    save: async () => store.set(id, String(n + 1), Number.MAX_SAFE_INTEGER),
    close: async () => store.close(),
  }
}

function leeway(shared: SharedKind, at: string, presented: string) {
  const sessions = createSessions({ store: openStore(shared, at), initialData: () => ({ n: -1 }) })
  let session: Session<{ n: number }>
  return {
    load: async () => {
      session = await sessions.open(presented)
    },
    save: () =>
      session.update((data) => {
        data.n++
      }),
    close: () => sessions.close(),
  }
}
