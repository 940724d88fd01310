import type { Need, Rule } from '../../engine/rule.ts'
import { both, processes, survival, sweptPurge } from '../needs.ts'
import { expectSound } from './aftermath.ts'
import { type Crash, crashAll, crashesOf, selected } from './points.ts'
import { create, destroy, list, load, type Make, scenarioOf, sweep, touch, update } from './scenario.ts'
import { survivorRule } from './survivors.ts'
import { writingRule } from './writing.ts'

export const crashRules: readonly Rule[] = [
  rule(
    'CRASH-001',
    'a process that dies in a create leaves the whole record or nothing, and the create can be tried again',
    'Half a record under an id that is then taken locks its user out until somebody repairs it by hand.',
    { create },
  ),
  rule(
    'CRASH-002',
    'a process that dies in an update leaves the record as it was or as it was being written, and can be tried again',
    'Files that are written over in place were torn in 1 to 3 of 40 kills.',
    { update },
  ),
  rule(
    'CRASH-003',
    'a process that dies in a touch leaves the record with its old lifetime or the new one',
    'Most writes are touches. One that removes the record to write it again loses the session in between.',
    { touch },
  ),
  rule(
    'CRASH-004',
    'a process that dies in a destroy leaves the session as it was or destroyed, and destroy again ends it for good',
    'A logout that is cut short must leave neither a session that cannot be ended nor an entry that brings it back.',
    { destroy },
  ),
  rule(
    'CRASH-005',
    'a process that dies in a sweep leaves nothing that the next sweep does not finish, and loses nothing else',
    'Sweeps run in the background, and every deployment cuts some of them off.',
    { sweep },
    both(survival, both(sweptPurge, processes)),
  ),
  rule(
    'CRASH-006',
    'a process that dies in a load or a list leaves everything as it was',
    'What tidies up or locks while it reads does half of it when it is cut off.',
    { load, list },
  ),
  survivorRule,
  writingRule,
]

/** One operation or several, cut off at every place, and everything that has to hold afterwards. */
function rule(
  id: string,
  title: string,
  why: string,
  makes: Readonly<Record<string, Make>>,
  needs: Need = both(survival, processes),
): Rule {
  return {
    id,
    level: 'MUST',
    tier: 'crash-safe',
    title,
    why,
    needs,
    async check(ctx) {
      const crashes: Crash[] = []
      for (const [name, make] of Object.entries(makes)) {
        if (make === list && !ctx.capabilities.list) continue
        const prefix = Object.keys(makes).length > 1 ? `${name}-` : ''
        crashes.push(...(await crashesOf(ctx, prefix, () => scenarioOf(ctx, make))))
      }
      await crashAll(ctx, selected(ctx, crashes), (crashed) => expectSound(ctx, crashed))
    },
  }
}
