import type { LeewayError, SessionStore, StoredSession } from '@leeway/core/adapter'
import { memoryStore } from '@leeway/core/memory'
import { defineSubject, type OpenOptions, type Subject } from '../src/index.ts'
import stepped from '../subjects/stepped.subject.ts'

/** A store with one fault, the rule that has to find it, and part of what that rule then says. */
export interface Mutant {
  readonly name: string
  readonly rule: string
  readonly message: string
  readonly subject: Subject
}

/** What a fault may reach past the store that it spoils. */
export interface Backend extends OpenOptions {
  readonly records: Map<string, StoredSession>
  /** The key of an id in `records`. */
  key(id: string): string
}

export type Fault = (store: SessionStore, backend: Backend) => SessionStore

/** A memory store with a fault. */
export function mutant(name: string, rule: string, message: string, fault: Fault): Mutant {
  const storages = new Map<string, Map<string, StoredSession>>()
  const subject = defineSubject({
    name,
    open(options) {
      const { scratch, namespace, maxPayloadBytes } = options
      const records = storages.get(scratch) ?? new Map<string, StoredSession>()
      storages.set(scratch, records)
      const store = memoryStore({ records, namespace, maxPayloadBytes })
      return fault(store, { ...options, records, key: (id) => `${namespace}:${id}` })
    },
    discard: ({ scratch }) => void storages.delete(scratch),
  })
  return { name, rule, message, subject }
}

/** The store of several steps, whose backend can fail and whose records can be damaged, with a fault. */
export function steppedMutant(
  name: string,
  rule: string,
  message: string,
  fault: (store: SessionStore) => SessionStore,
): Mutant {
  const { corrupt, fail, discard } = stepped
  const subject = defineSubject({
    name,
    open: async (options) => fault(await stepped.open(options)),
    ...(corrupt && { corrupt }),
    ...(fail && { fail: async (options: OpenOptions) => fault(await fail(options)) }),
    ...(discard && { discard }),
  })
  return { name, rule, message, subject }
}

/** The call, whose errors are replaced; an error replaced by undefined is an answer. */
export function rejecting<A extends unknown[], T>(
  call: (...given: A) => Promise<T>,
  replace: (error: LeewayError) => Error | undefined,
): (...given: A) => Promise<T> {
  return (...given) =>
    call(...given).catch((error: LeewayError) => {
      const replaced = replace(error)
      if (replaced) throw replaced
      return undefined as T
    })
}

/** The keys of the records of the namespace that are due. */
export function due({ records, key }: Backend, cutoff: number): string[] {
  const prefix = key('')
  return [...records].filter(([at, { purgeAt }]) => at.startsWith(prefix) && purgeAt <= cutoff).map(([at]) => at)
}
