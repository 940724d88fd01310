import type { Rule } from '../engine/rule.ts'
import { aliasingRules } from './aliasing.ts'
import { backendFailureRules } from './backend-failures.ts'
import { boundaryRules } from './boundaries.ts'
import { capabilityRules } from './capabilities.ts'
import { closeRules } from './close.ts'
import { concurrencyRules } from './concurrency.ts'
import { concurrentSweepRules } from './concurrent-sweeps.ts'
import { contentionRules } from './contention.ts'
import { crashRules } from './crash/rules.ts'
import { createRules } from './create.ts'
import { destroyRules } from './destroy.ts'
import { dueAtOnceRules } from './due-at-once.ts'
import { errorRules } from './errors.ts'
import { historyProcessRules } from './histories/process-rules.ts'
import { historyRules } from './histories/rules.ts'
import { idRules } from './ids.ts'
import { leftRejectionRules, leftTimerRules } from './left-behind.ts'
import { listRules } from './list.ts'
import { listContentionRules } from './list-contention.ts'
import { listMeetingRules } from './list-meetings.ts'
import { listPagingRules } from './list-paging.ts'
import { loadRules } from './load.ts'
import { modelRules } from './models/rules.ts'
import { namespaceRules } from './namespaces.ts'
import { nativePurgeRules } from './native-purge.ts'
import { orderRules } from './orders/rules.ts'
import { payloadRules } from './payloads.ts'
import { recordRules } from './records.ts'
import { stepRules } from './steps.ts'
import { sweepRules } from './sweep.ts'
import { sweepBoundRules } from './sweep-bounds.ts'
import { resumedSweepRules } from './sweep-resumed.ts'
import { touchRules } from './touch.ts'
import { updateRules } from './update.ts'

/** Every rule of the contract, in the order of SPEC.md. */
export const rules: readonly Rule[] = [
  ...createRules,
  ...loadRules,
  ...updateRules,
  ...touchRules,
  ...destroyRules,
  ...sweepRules,
  ...resumedSweepRules,
  ...sweepBoundRules,
  ...boundaryRules,
  ...dueAtOnceRules,
  ...orderRules,
  ...stepRules,
  ...listMeetingRules,
  ...contentionRules,
  ...listContentionRules,
  ...concurrencyRules,
  ...concurrentSweepRules,
  ...historyRules,
  ...historyProcessRules,
  ...modelRules,
  ...listRules,
  ...listPagingRules,
  ...payloadRules,
  ...idRules,
  ...recordRules,
  ...aliasingRules,
  ...errorRules,
  ...backendFailureRules,
  ...leftRejectionRules,
  ...namespaceRules,
  ...capabilityRules,
  ...nativePurgeRules,
  ...closeRules,
  ...leftTimerRules,
  ...crashRules,
]
