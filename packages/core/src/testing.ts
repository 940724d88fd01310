/**
 * For tests of applications and stores.
 * @module
 */
export type { Clock, Millis } from './lib/clock.ts'
export { type ManualClock, manualClock } from './lib/manual-clock.ts'
