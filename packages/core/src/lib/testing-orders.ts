import type { SessionStore } from './store.ts'
import { settled } from './testing-stores.ts'

/** Wraps a store so that each of its calls waits for its turn in the order being run. */
export type Stepped = (store: SessionStore) => SessionStore

/**
 * Runs a scenario once for every order in which its store calls can follow each other: each call waits until it is
 * chosen, one at a time, depth first over all choices.
 *
 * @returns how many orders there were
 */
export async function everyOrder(
  scenario: (stepped: Stepped, finish: () => Promise<void>) => Promise<void>,
): Promise<number> {
  let orders = 0
  for (let prefix: number[] | undefined = []; prefix; orders++) {
    const taken: { choice: number; options: number }[] = []
    const waiting: (() => void)[] = []
    const stepped: Stepped = (store) =>
      new Proxy(store, {
        get: (target, name) => {
          const member: unknown = Reflect.get(target, name)
          if (typeof member !== 'function' || name === 'close') return member
          return async (...args: unknown[]) => {
            await new Promise<void>((go) => waiting.push(go))
            return member.apply(target, args)
          }
        },
      })
    const finish = async () => {
      for (await settled(); waiting.length > 0; await settled()) {
        const choice = prefix?.[taken.length] ?? 0
        taken.push({ choice, options: waiting.length })
        waiting.splice(choice, 1)[0]?.()
      }
    }
    await scenario(stepped, finish)
    prefix = nextPrefix(taken)
  }
  return orders
}

function nextPrefix(taken: readonly { choice: number; options: number }[]): number[] | undefined {
  for (let i = taken.length - 1; i >= 0; i--) {
    const step = taken[i]
    if (step && step.choice + 1 < step.options) {
      return [...taken.slice(0, i).map(({ choice }) => choice), step.choice + 1]
    }
  }
  return undefined
}
