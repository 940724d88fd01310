import type { Drawing } from './drawing.ts'
import { inTimeOrder, markText, slotsOf, spanOf } from './marks.ts'

/** A drawing that would be wider, in characters, is told mark by mark. */
const MAX_WIDTH = 110

/** A drawing as lines of text: one a lane, time from left to right, or one a mark where that would be too wide. */
export function drawText(drawing: Drawing): string[] {
  const { marks } = drawing
  const lanes = drawing.lanes.map((lane) => lane.replaceAll('\n', ' '))
  const slotWidth = Math.max(1, ...marks.map((mark) => Math.ceil((markText(mark).length + 1) / spanOf(mark))))
  const nameWidth = Math.max(0, ...lanes.map((lane) => lane.length))
  const ordered = inTimeOrder(drawing)
  if (nameWidth + 2 + slotsOf(drawing) * slotWidth > MAX_WIDTH) {
    return ordered.map((mark) => `${(lanes[mark.lane] ?? '').padEnd(nameWidth)}  ${markText(mark)}`)
  }
  return lanes.map((lane, index) => {
    const own = ordered.filter((mark) => mark.lane === index)
    const line = own.reduce((drawn, mark) => {
      const length = spanOf(mark) > 1 ? spanOf(mark) * slotWidth - 1 : 0
      return drawn.padEnd(mark.from * slotWidth) + markText(mark).padEnd(length, '─')
    }, '')
    return `${lane.padEnd(nameWidth)}  ${line}`.trimEnd()
  })
}
