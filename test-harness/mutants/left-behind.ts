import { defineSubject } from '../src/index.ts'
import { type Fault, type Mutant, mutant, steppedMutant } from './mutant.ts'

/** Faults in what a store leaves to its process. */
export const leftBehindMutants: readonly Mutant[] = [
  leaving('a cleanup that close does not stop', (store, { scratch }) => {
    leave(
      scratch,
      setInterval(() => {}, 60_000),
    )
    return store
  }),
  leaving('a timeout that outlives the answer', (store, { scratch }) => ({
    ...store,
    load: (id) =>
      Promise.race([
        store.load(id),
        new Promise<undefined>((resolve) => leave(scratch, setTimeout(resolve, 60_000, undefined))),
      ]),
  })),
  mutant('a refusal that is noted without being handled', 'ERROR-011', 'that nobody handled', (store) => ({
    ...store,
    load(id) {
      const loading = store.load(id)
      void loading.then(() => {})
      return loading
    },
  })),
  steppedMutant('touch is answered and then written', 'ERROR-012', 'that nobody handled', (store) => ({
    ...store,
    async touch(loaded, lifetime) {
      void store.touch(loaded, lifetime)
      return 'touched'
    },
  })),
]

const left = new Map<string, NodeJS.Timeout[]>()

function leave(scratch: string, timer: NodeJS.Timeout): void {
  left.set(scratch, [...(left.get(scratch) ?? []), timer])
}

/** Leaves timers behind; those who run it need not bear them for longer than the rule. */
function leaving(name: string, fault: Fault): Mutant {
  const { subject, ...rest } = mutant(name, 'CLOSE-006', 'how many timers still run after close', fault)
  const discard = ({ scratch }: { readonly scratch: string }) => {
    for (const timer of left.get(scratch) ?? []) clearTimeout(timer)
    left.delete(scratch)
    return subject.discard?.({ scratch })
  }
  return { ...rest, subject: defineSubject({ ...subject, discard }) }
}
