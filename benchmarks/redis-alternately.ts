import { order, timed } from './file-turns.ts'

const WARM_UP = 2
const TURN_MS = 120

export type Call = (caller: number) => Promise<void>

/** Each has a turn in every round. Microseconds a call in each round, in the order given. */
export async function alternately(calls: readonly Call[], callers: number, rounds: number): Promise<number[][]> {
  const took: number[][] = calls.map(() => [])
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const which of order(calls.length, round + WARM_UP)) {
      const { us } = await timed(callers, lasting(TURN_MS), calls[which] ?? (async () => {}))
      if (round >= 0) took[which]?.push(us)
    }
  }
  return took
}

/** From the first time that it is asked: however long the machine kept the process waiting before, there is one call. */
export function lasting(ms: number): () => boolean {
  let deadline: number | undefined
  return () => {
    deadline ??= performance.now() + ms
    return performance.now() < deadline
  }
}
