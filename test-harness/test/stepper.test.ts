import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Stepper } from '../src/engine/stepper.ts'
import { defineSubject, runConformance } from '../src/index.ts'
import memory from '../subjects/memory.subject.ts'

/** A sweep that checks and then deletes, and a save that is slow as often as `isSlow` says. */
function checkThenDelete(isSlow: () => boolean) {
  return defineSubject({
    ...memory,
    name: 'check-then-delete',
    async open(options) {
      const store = await memory.open(options)
      return {
        ...store,
        async update(session, expected) {
          if (isSlow()) await pause(700)
          return store.update(session, expected)
        },
        async sweep({ cutoff }) {
          const { sessions = [] } = (await store.list?.({ limit: 100 })) ?? {}
          const due = sessions.filter(({ purgeAt }) => purgeAt <= cutoff)
          await options.step('delete')
          for (const { id } of due) await store.destroy(id)
          return { removed: due.length, examined: sessions.length, cursor: undefined }
        },
      }
    },
  })
}

it('takes no backend that is slow for a moment for one that waits for a lock', async () => {
  let isFirst = true
  const subject = checkThenDelete(() => {
    const wasFirst = isFirst
    isFirst = false
    return wasFirst
  })
  // The one case in which such a sweep deletes what has just been saved.
  const { results } = await runConformance(subject, { replay: 'ORDER-007:LEGCSD-1' })
  expect(isFirst).toBe(false)
  expect(results.find(({ id }) => id === 'ORDER-007')?.failure?.message).toContain('an acknowledged save is lost')
})

it('lets the held operation go on where another waits for it, and says so', async () => {
  const stepper = new Stepper()
  const free = Promise.withResolvers<void>()
  const held = await stepper.hold(0, async () => {
    await stepper.step('release')
    free.resolve()
    return 'released'
  })
  expect(held.isHeld).toBe(true)
  expect(await held.meanwhile(async () => free.promise.then(() => 'had it'))).toBe('had it')
  expect(stepper.stalls).toBe(1)
  expect(await held.finish()).toBe('released')
})
