import type { StoredSession } from '@leeway/core/adapter'
import { type Backend, type Mutant, mutant, steppedMutant } from './mutant.ts'

/** So many records does a backend give out at once. */
const PAGE = 1_000

/** Faults that show at a size: of a batch, a budget, or of what is stored. */
export const boundMutants: readonly Mutant[] = [
  mutant(
    'sweep counts as examined what is not there',
    'SWEEP-002',
    'examined more records than there are',
    (store) => ({
      ...store,
      async sweep(options) {
        const result = await store.sweep(options)
        return { ...result, examined: result.removed + 1_000_000 }
      },
    }),
  ),
  mutant('sweep ignores limits that are not small', 'SWEEP-004', 'sweep with limit 16 removed', (store) => ({
    ...store,
    sweep: (options) => store.sweep({ ...options, limit: options.limit < 5 ? options.limit : 3 * options.limit }),
  })),
  mutant('sweep that is resumed ignores its limit', 'SWEEP-005', 'removed more than its limit', (store) => ({
    ...store,
    sweep: (options) => store.sweep(options.cursor === undefined ? options : { ...options, limit: 10_000 }),
  })),
  steppedMutant('sweep ignores its budget', 'SWEEP-013', 'went on long after its budget', (store) => ({
    ...store,
    sweep: (options) => store.sweep({ ...options, budgetMs: 1_000_000 }),
  })),
  steppedMutant('sweep ends at its budget without a cursor', 'SWEEP-013', 'handed out no cursor', (store) => ({
    ...store,
    async sweep(options) {
      const { removed, examined } = await store.sweep(options)
      return { removed, examined }
    },
  })),
  mutant('sweep looks at the first thousand records', 'SWEEP-014', 'removed of many records', (store, backend) => ({
    ...store,
    async sweep(options) {
      const behind = [...backend.records].slice(PAGE)
      return without(backend, behind, () => store.sweep(options))
    },
  })),
  mutant('list reads the first thousand records', 'LIST-016', 'list of many records', (store, backend) => ({
    ...store,
    async list(query) {
      const behind = sorted(backend).slice(PAGE)
      return without(backend, behind, async () => (await store.list?.(query)) ?? { sessions: [] })
    },
  })),
  mutant(
    'list by owner reads the first hundred records',
    'LIST-016',
    'many records of one owner',
    (store, backend) => ({
      ...store,
      async list(query) {
        const behind = query.owner === undefined ? [] : sorted(backend).slice(100)
        return without(backend, behind, async () => (await store.list?.(query)) ?? { sessions: [] })
      },
    }),
  ),
  mutant('payloads are cut off at 200 KiB', 'PAYLOAD-010', 'the record created with', (store, { maxPayloadBytes }) => ({
    ...store,
    create(session) {
      const isCut = typeof session.payload === 'string' && session.payload.length <= maxPayloadBytes
      return store.create(isCut ? { ...session, payload: session.payload.slice(0, 204_800) } : session)
    },
  })),
  mutant('instants before 1970 are 1970', 'GRACE-012', 'the record with expiry -1001', (store) => ({
    ...store,
    create: (session) =>
      store.create({ ...session, expiresAt: atLeast0(session.expiresAt), purgeAt: atLeast0(session.purgeAt) }),
  })),
  mutant('leases are never swept', 'ID-001', 'sweep left a due record', (store, backend) => ({
    ...store,
    sweep: (options) => without(backend, reserved(backend), () => store.sweep(options)),
  })),
  mutant('leases are not listed', 'ID-001', 'list of an id that begins with 0', (store, backend) => ({
    ...store,
    list: (query) => without(backend, reserved(backend), async () => (await store.list?.(query)) ?? { sessions: [] }),
  })),
]

type Entries = [string, StoredSession][]

function atLeast0(instant: number): number {
  return Number.isSafeInteger(instant) ? Math.max(0, instant) : instant
}

function sorted({ records }: Backend): Entries {
  return [...records].sort(([a], [b]) => (a < b ? -1 : 1))
}

function reserved({ records, key }: Backend): Entries {
  return [...records].filter(([at]) => at.startsWith(key('0')) || at.startsWith(key('1')))
}

/** Runs the call, which is one step, as if some of the records were not there. */
function without<T>({ records }: Backend, hidden: Entries, call: () => Promise<T>): Promise<T> {
  for (const [key] of hidden) records.delete(key)
  const answer = call()
  for (const [key, session] of hidden) records.set(key, session)
  return answer
}
