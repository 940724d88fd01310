import { setTimeout as delay } from 'node:timers/promises'

const PAUSE_MS = 10

/** Asks again and again until the answer is yes. @throws what it was waiting for, after `withinMs`; default 20,000 */
export async function until(what: string, isTrue: () => Promise<boolean> | boolean, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain until ${what}`)
    await delay(PAUSE_MS)
  }
}
