import type { Drawing, Mark } from './drawing.ts'

/** What stands in a mark: a fault is not told by its colour alone. */
export function markText({ label, answer, isFault }: Mark): string {
  return `${label}${answer === undefined ? '' : ` → ${answer}`}${isFault ? ' ✗' : ''}`.replaceAll('\n', ' ')
}

/**
 * Where each slot begins, and at last where the last one ends: slots are as wide as what stands in them.
 *
 * @param needed how much room a mark needs
 */
export function slotEdges({ marks }: Drawing, needed: (mark: Mark) => number, least: number): number[] {
  const widths = Array.from({ length: Math.max(0, ...marks.map(({ to }) => to + 1)) }, () => least)
  for (const mark of [...marks].sort((a, b) => spanOf(a) - spanOf(b))) {
    const slots = range(mark.from, mark.to)
    const lacking = needed(mark) - slots.reduce((sum, slot) => sum + (widths[slot] ?? 0), 0)
    for (const slot of slots) widths[slot] = (widths[slot] ?? 0) + Math.max(0, Math.ceil(lacking / slots.length))
  }
  const edges = [0]
  for (const width of widths) edges.push((edges.at(-1) ?? 0) + width)
  return edges
}

export function inTimeOrder({ marks }: Drawing): Mark[] {
  return [...marks].sort((a, b) => a.from - b.from || a.to - b.to)
}

function spanOf({ from, to }: Mark): number {
  return to - from + 1
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, n) => from + n)
}
