import type { Drawing } from './drawing.ts'
import { inTimeOrder, markText, slotEdges } from './marks.ts'

/** A drawing that would be wider, in characters, is told mark by mark. */
const MAX_WIDTH = 110

/** A drawing as lines of text: one a lane, time from left to right, or one a mark where that would be too wide. */
export function drawText(drawing: Drawing): string[] {
  const lanes = drawing.lanes.map((lane) => lane.replaceAll('\n', ' '))
  const edges = slotEdges(drawing, (mark) => markText(mark).length + 2, 2)
  const nameWidth = Math.max(0, ...lanes.map((lane) => lane.length))
  const ordered = inTimeOrder(drawing)
  if (nameWidth + 2 + (edges.at(-1) ?? 0) > MAX_WIDTH) {
    return ordered.map((mark) => `${(lanes[mark.lane] ?? '').padEnd(nameWidth)}  ${markText(mark)}`)
  }
  return lanes.map((lane, index) => {
    const own = ordered.filter((mark) => mark.lane === index)
    const line = own.reduce((drawn, mark) => {
      const [start = 0, end = 0] = [edges[mark.from], edges[mark.to + 1]]
      return drawn.padEnd(start) + markText(mark).padEnd(mark.to > mark.from ? end - start - 2 : 0, '─')
    }, '')
    return `${lane.padEnd(nameWidth)}  ${line}`.trimEnd()
  })
}
