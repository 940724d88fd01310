import type { Drawing, Mark } from '../drawing.ts'
import { inTimeOrder, markText, slotEdges } from '../marks.ts'
import { type Markup, markup } from '../markup.ts'

const LANE = 34
const BAR = 22
const GAP = 4
/** The width of a character at 12 px, on average. */
const CHARACTER = 6.3
const MIN_SLOT = 24
/** A drawing of at most this width is shrunk to fit a phone; a wider one scrolls within its frame. */
const FITS = 400

/** A drawing as an inline SVG: lanes from top to bottom, time from left to right. */
export function drawSvg(drawing: Drawing): Markup {
  const { lanes, marks } = drawing
  const edges = slotEdges(drawing, (mark) => widthOf(markText(mark)) + 10, MIN_SLOT)
  const left = Math.max(0, ...lanes.map(widthOf)) + 12
  const [width, height] = [Math.ceil(left + (edges.at(-1) ?? 0)), lanes.length * LANE]
  const spoken = inTimeOrder(drawing).map((mark) => `${lanes[mark.lane] ?? ''}: ${markText(mark)}`)
  return markup`<div class="frame"><svg class="drawing${width <= FITS ? ' fits' : ''}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${spoken.join('; ')}">${lanes.map(
    (lane, n) => drawLane(lane, n * LANE + LANE / 2, left, width),
  )}${marks.map((mark) => drawMark(mark, left, edges))}</svg></div>`
}

function drawLane(lane: string, middle: number, left: number, width: number): Markup {
  return markup`<g class="lane"><text x="0" y="${middle + 4}">${lane}</text><line x1="${left}" x2="${width}" y1="${middle}" y2="${middle}"/></g>`
}

function drawMark(mark: Mark, left: number, edges: readonly number[]): Markup {
  const [start = 0, end = 0] = [edges[mark.from], edges[mark.to + 1]]
  const x = left + start + GAP / 2
  const y = mark.lane * LANE + (LANE - BAR) / 2
  const width = end - start - GAP
  return markup`<g class="mark${mark.isFault ? ' fault' : ''}"><rect x="${x}" y="${y}" width="${width}" height="${BAR}" rx="4"/><text x="${x + width / 2}" y="${y + BAR / 2 + 4}">${markText(mark)}</text></g>`
}

function widthOf(text: string): number {
  return text.length * CHARACTER
}
