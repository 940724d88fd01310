import { boundMutants } from './bounds.ts'
import { concurrentSweepMutants } from './concurrent-sweeps.ts'
import { contentionMutants } from './contention.ts'
import { crashMutants } from './crashes.ts'
import { failureMutants } from './failures.ts'
import { handleMutants } from './handles.ts'
import { historyMutants } from './histories.ts'
import { historyProcessMutants } from './histories-processes.ts'
import { leftBehindMutants } from './left-behind.ts'
import { listMeetingMutants } from './list-meetings.ts'
import { listMutants } from './lists.ts'
import { meetingMutants } from './meetings.ts'
import { modelMutants } from './models.ts'
import type { Mutant } from './mutant.ts'
import { nativePurgeMutants } from './native-purge.ts'
import { ownerMutants } from './owners.ts'
import { readMutants } from './reads.ts'
import { refusalMutants } from './refusals.ts'
import { sweepMutants } from './sweeps.ts'
import { touchMutants } from './touches.ts'
import { valueMutants } from './values.ts'
import { writeMutants } from './writes.ts'

export type { Mutant } from './mutant.ts'

/** Every deliberately broken store. */
export const mutants: readonly Mutant[] = [
  ...writeMutants,
  ...readMutants,
  ...touchMutants,
  ...sweepMutants,
  ...boundMutants,
  ...concurrentSweepMutants,
  ...historyMutants,
  ...historyProcessMutants,
  ...modelMutants,
  ...meetingMutants,
  ...listMeetingMutants,
  ...contentionMutants,
  ...listMutants,
  ...valueMutants,
  ...ownerMutants,
  ...failureMutants,
  ...refusalMutants,
  ...handleMutants,
  ...nativePurgeMutants,
  ...leftBehindMutants,
  ...crashMutants,
]
