import type { Drawing, Mark } from './drawing.ts'

/** What stands in a mark: a fault is not told by its colour alone. */
export function markText({ label, answer, isFault }: Mark): string {
  return `${label}${answer === undefined ? '' : ` → ${answer}`}${isFault ? ' ✗' : ''}`.replaceAll('\n', ' ')
}

/** In slots. */
export function spanOf({ from, to }: Mark): number {
  return to - from + 1
}

export function slotsOf({ marks }: Drawing): number {
  return Math.max(0, ...marks.map(({ to }) => to + 1))
}

export function inTimeOrder({ marks }: Drawing): Mark[] {
  return [...marks].sort((a, b) => a.from - b.from || a.to - b.to)
}
