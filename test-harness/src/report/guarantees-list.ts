import type { Guarantee } from './guarantee.ts'
import { coreGuarantees } from './guarantees-core.ts'
import { otherGuarantees } from './guarantees-others.ts'

/** Every rule belongs to at least one of them. */
export const guarantees: readonly Guarantee[] = [...coreGuarantees, ...otherGuarantees]
