import type { Rule } from '../engine/rule.ts'
import { createRules } from './create.ts'
import { destroyRules } from './destroy.ts'
import { loadRules } from './load.ts'
import { touchRules } from './touch.ts'
import { updateRules } from './update.ts'

/** Every rule of the contract, in the order of SPEC.md. */
export const rules: readonly Rule[] = [...createRules, ...loadRules, ...updateRules, ...touchRules, ...destroyRules]
