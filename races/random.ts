import { randomInt } from 'node:crypto'

/** The seed of this run: another every time, or the one that `RACES_SEED` names. */
export function runSeed(): number {
  const { RACES_SEED } = process.env
  if (RACES_SEED === undefined) return randomInt(2 ** 31)
  if (!/^\d+$/.test(RACES_SEED)) throw new Error(`RACES_SEED has to be a whole number, and is ${RACES_SEED}`)
  return Number(RACES_SEED)
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The same things in an order that the numbers decide. */
export function shuffled<T>(things: readonly T[], random: () => number): T[] {
  return things
    .map((thing) => ({ thing, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ thing }) => thing)
}
