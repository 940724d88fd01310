import { expect, it } from 'vitest'
import { OVERLAP, setup, tokenIn } from '../testing-sessions.ts'

/** A browser that has been rotated to a second secret while a request that presented the first is still under way. */
async function slowRequest() {
  const world = setup()
  const { token: first } = await world.stored()
  const second = tokenIn(await (await world.open(first)).rotate())
  const slow = await world.open(first)
  const other = await world.open(second)
  return { ...world, slow, second, other }
}

const answers = ['unchanged', 'touched', 'saved'] as const

it.each(answers)('a slow response sends no secret that its browser has brought by now: %s', async (status) => {
  const { slow, clock } = await slowRequest()
  if (status === 'saved') slow.data.n = 1
  if (status === 'touched') clock.advance(60_000)
  const answer = await slow.save()
  // The confirmation was a write, which leaves nothing to touch.
  expect(answer).toEqual({ status: status === 'touched' ? 'unchanged' : status, token: null })
})

it.each(answers)('a slow response does not take its browser back over two rotations: %s', async (status) => {
  const { slow, other, open, clock, sessions } = await slowRequest()
  clock.advance(OVERLAP)
  const third = tokenIn(await other.rotate())
  await open(third)
  if (status === 'saved') slow.data.n = 1
  if (status === 'touched') clock.advance(60_000)
  const answer = await slow.save()
  expect(answer).toEqual({ status: status === 'touched' ? 'unchanged' : status, token: null })
  expect(await slow.rotate()).toEqual({ status: 'unchanged', token: null })
  expect((await sessions.open(third)).isNew).toBe(false)
})
