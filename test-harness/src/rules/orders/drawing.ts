import type { Drawing } from '../../report/drawing.ts'

/** L load, P process, S save; C check, D delete; E the clock reaches the expiry, G it reaches the purge time. */
export type OrderEvent = 'L' | 'P' | 'S' | 'C' | 'D' | 'E' | 'G'

const LANES = ['request', 'cleanup', 'clock'] as const

const EVENTS: Record<OrderEvent, readonly [lane: (typeof LANES)[number], label: string]> = {
  L: ['request', 'load'],
  P: ['request', 'process'],
  S: ['request', 'save'],
  C: ['cleanup', 'check'],
  D: ['cleanup', 'delete'],
  E: ['clock', 'expiry'],
  G: ['clock', 'purge time'],
}

/**
 * An event a slot, in the lane of whoever does it.
 * @param fault index of the event at which a promise was seen to be broken
 */
export function drawEvents(events: readonly OrderEvent[], fault?: number): Drawing {
  const drawn = events.map((event) => EVENTS[event])
  const lanes = LANES.filter((lane) => drawn.some(([of]) => of === lane))
  const marks = drawn.map(([of, label], slot) => ({
    lane: lanes.indexOf(of),
    from: slot,
    to: slot,
    label,
    ...(slot === fault && { isFault: true }),
  }))
  return { lanes, marks }
}
