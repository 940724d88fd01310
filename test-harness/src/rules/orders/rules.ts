import type { Rule } from '../../engine/rule.ts'
import { noSuchCase } from '../../engine/settings.ts'
import { Stepper } from '../../engine/stepper.ts'
import { drawEvents, type OrderEvent } from './drawing.ts'
import { placements, runOrder } from './schedules.ts'

/** The ten orders in which a request (load, process, save) and a cleanup (check, delete) can meet. */
const ORDERS = [
  [
    'C D L P S',
    'Nothing can go wrong but what a sweep that deletes too early does: the request has to find its session.',
  ],
  [
    'C L D P S',
    'Deleted under the request: stores whose save inserts brought it back, and with it what had been logged out.',
  ],
  [
    'C L P D S',
    "As the second order; an update-only store without grace throws the user out here (Django's database backend).",
  ],
  [
    'C L P S D',
    "The session that was just saved is deleted: the bug of mod_python's first FileSession, and of check-then-delete ever since.",
  ],
  ['L C D P S', 'The session expires and is swept while the request works; the grace is what keeps it.'],
  ['L C P D S', 'As the fifth order, the cleanup being slower.'],
  ['L C P S D', 'Just saved, deleted: checked before the save, deleted after it.'],
  ['L P C D S', 'The cleanup fits between processing and saving.'],
  ['L P C S D', 'Just saved, deleted: the check and the save are a step apart.'],
  [
    'L P S C D',
    'Cannot lose anything, as the save renews the session before the check; a save that does not renew it does.',
  ],
] as const

export const orderRules: readonly Rule[] = ORDERS.map(([order, why], n) => ({
  id: `ORDER-${String(n + 1).padStart(3, '0')}`,
  level: 'MUST',
  tier: 'concurrent',
  title: `order ${n + 1} of 2005, ${order}: the request loses nothing, wherever the clock crosses expiry and purge time`,
  why,
  async check(ctx) {
    ctx.draw(drawEvents(order.split(' ') as OrderEvent[]))
    const { only } = ctx.settings
    const [events, way] = only?.split('-') ?? []
    const selected = placements(order).filter((placement) => only === undefined || placement.join('') === events)
    if (only !== undefined && (selected.length === 0 || !/^\d+$/.test(way ?? ''))) noSuchCase(only)
    const stepper = new Stepper(ctx.patience)
    for (const placement of selected) {
      ctx.count('placements')
      await runOrder(ctx, stepper, placement, way === undefined ? undefined : Number(way))
    }
  },
}))
