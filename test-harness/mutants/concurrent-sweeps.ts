import type { SweepOptions, SweepResult } from '@leeway/core/adapter'
import { type Backend, due, type Mutant, mutant } from './mutant.ts'

/** Faults of sweep that show when something else happens meanwhile. */
export const concurrentSweepMutants: readonly Mutant[] = [
  mutant('sweep checks, then deletes', 'RACE-009', 'an acknowledged save was swept away', (store, backend) => ({
    ...store,
    sweep: (options) => checkThenDelete(backend, options),
  })),
  mutant('sweep checks, then deletes, against touch', 'RACE-010', 'a renewed session was swept', (store, backend) => ({
    ...store,
    sweep: (options) => checkThenDelete(backend, options),
  })),
  ...[7, 9].map((order) =>
    mutant(
      `sweep checks in one step and deletes in the next (order ${order})`,
      `ORDER-00${order}`,
      'an acknowledged save is lost',
      (store, backend) => ({ ...store, sweep: (options) => checkThenDelete(backend, options, backend.step) }),
    ),
  ),
  mutant('sweep checks in one step, against update', 'STEP-010', 'an acknowledged save is lost', (store, backend) => ({
    ...store,
    sweep: (options) => checkThenDelete(backend, options, backend.step),
  })),
  mutant('sweep checks in one step, against touch', 'STEP-011', 'a renewed session is lost', (store, backend) => ({
    ...store,
    sweep: (options) => checkThenDelete(backend, options, backend.step),
  })),
  mutant('a sweep counts what another sweeper removed', 'STEP-015', 'two were told', (store, backend) => ({
    ...store,
    async sweep({ cutoff }) {
      await backend.step('read')
      const victims = due(backend, cutoff)
      await backend.step('delete')
      for (const key of victims) backend.records.delete(key)
      return { removed: victims.length, examined: victims.length }
    },
  })),
  mutant('sweepers at once count twice', 'RACE-011', 'what four sweepers counted', (store, backend) => ({
    ...store,
    async sweep({ cutoff, limit }) {
      const all = due(backend, cutoff)
      const victims = all.slice(0, limit)
      await Promise.resolve()
      for (const key of victims) backend.records.delete(key)
      const cursor = all.length > limit ? 'more' : undefined
      return { removed: victims.length, examined: victims.length, cursor }
    },
  })),
  mutant('a save that does not renew', 'ORDER-010', 'an acknowledged save is lost', (store, { records, key }) => ({
    ...store,
    async update(session, expected) {
      const { expiresAt, purgeAt } = records.get(key(session.id)) ?? session
      return store.update({ ...session, expiresAt, purgeAt }, expected)
    },
  })),
  ...[1, 2, 3, 4, 5, 6, 8].map((order) =>
    mutant(`no grace (order ${order})`, `ORDER-00${order}`, 'swept before it was due', (store) => ({
      ...store,
      sweep: (options) => store.sweep({ ...options, cutoff: options.cutoff + 240_000 }),
    })),
  ),
  mutant('a sweep counts what was destroyed meanwhile', 'STEP-014', 'of no order', (store, backend) => ({
    ...store,
    async sweep({ cutoff }) {
      await backend.step('read')
      const victims = due(backend, cutoff)
      await backend.step('delete')
      for (const key of victims) backend.records.delete(key)
      return { removed: victims.length, examined: victims.length }
    },
  })),
]

async function checkThenDelete(
  backend: Backend,
  { cutoff }: SweepOptions,
  step?: Backend['step'],
): Promise<SweepResult> {
  let removed = 0
  if (step) await step('read')
  for (const key of due(backend, cutoff)) {
    await (step?.('delete') ?? Promise.resolve())
    if (backend.records.delete(key)) removed++
  }
  return { removed, examined: removed }
}
