import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Gives the work a directory of its own within the given one, says what file system that is on, and removes it. */
export async function inScratch(
  parent = tmpdir(),
  work: (directory: string, fileSystem: string) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(parent, 'leeway-benchmark-'))
  try {
    const [fileSystem = '', options] = execFileSync('findmnt', ['-no', 'FSTYPE,OPTIONS', '-T', directory], {
      encoding: 'utf8',
    })
      .trim()
      .split(/\s+/)
    console.log(`Node ${process.version}, ${fileSystem} (${options}) at ${parent}`)
    await work(directory, fileSystem)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Who has which turn: another one first in every round, and backwards in every other, so that neighbours change as well. */
export function order(count: number, round: number): number[] {
  const turns = Array.from({ length: count }, (_, turn) => (turn + round + count) % count)
  return round % 2 === 0 ? turns : turns.reverse()
}

/** Callers work at once, each one call after the other, for as long as it says. */
export async function timed(
  callers: number,
  goesOn: (caller: number) => boolean,
  call: (caller: number) => Promise<unknown>,
): Promise<{ count: number; us: number }> {
  let count = 0
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (; goesOn(caller); count++) await call(caller)
    }),
  )
  return { count, us: ((performance.now() - startedAt) * 1_000) / count }
}

export function until(ms: number): () => boolean {
  const deadline = performance.now() + ms
  return () => performance.now() < deadline
}

/** Does something for each number below `count`, as quickly as it can. */
export async function each(count: number, call: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0
  await timed(
    64,
    () => next < count,
    () => call(next++),
  )
}

/** `syncfs`: whatever the file system of the directory has not written yet, by whomever, is on the disk afterwards. */
export function flush(directory: string): void {
  execFileSync('sync', ['-f', directory])
}

/** The longest gap while doing nothing but looking at the clock: for so long the machine keeps a process waiting anyway. */
export function noiseMs(ms: number): number {
  let longestMs = 0
  const until = performance.now() + ms
  for (let last = performance.now(); last < until; ) {
    const now = performance.now()
    longestMs = Math.max(longestMs, now - last)
    last = now
  }
  return longestMs
}
