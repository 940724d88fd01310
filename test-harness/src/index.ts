/**
 * Does your session store keep its promises? Describe it with {@link defineSubject}, then {@link register} the rules
 * with your test runner, or {@link runConformance} and read the report.
 * @module
 */
export { type Runner, register } from './engine/register.ts'
export type { Level, Rule, Tier } from './engine/rule.ts'
export { type RunOptions, runConformance } from './engine/run-conformance.ts'
export type { SettingOptions } from './engine/settings.ts'
export { defineSubject, type OpenOptions, type RecordLocation, type Step, type Subject } from './engine/subject.ts'
export type { Drawing, Mark } from './report/drawing.ts'
export { type FormatOptions, formatReport } from './report/format-report.ts'
export type { GuaranteeVerdict } from './report/guarantees.ts'
export { formatGuarantees } from './report/guarantees-format.ts'
export type { Failure, Report, RuleResult, Status, TierVerdict } from './report/report.ts'
export { toBadge } from './report/to-badge.ts'
export { toHtml } from './report/to-html.ts'
export { toJson } from './report/to-json.ts'
export { toJUnit } from './report/to-junit.ts'
export { rules } from './rules/index.ts'
