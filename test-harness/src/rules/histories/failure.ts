import type { Lifetime, StoredSession } from '@leeway/core/adapter'
import { ConformanceFailure } from '../../engine/failure.ts'
import type { Call } from '../../engine/linearizable.ts'
import type { Counterexample } from '../../engine/shrink-history.ts'
import type { Drawing } from '../../report/drawing.ts'
import { at } from '../handles.ts'
import { type Operation, recordIn } from '../operations.ts'

/** Where a history comes from. */
export interface Origin {
  /** Names of the lanes. */
  readonly lanes: readonly string[]
  /** When the history began, by the clock. */
  readonly start: number
  readonly case: string
  /** What a replay repeats. */
  readonly replay: string
}

/** The failure that a history shows which cannot be explained. */
export function historyFailure(found: Counterexample<Operation>, origin: Origin): ConformanceFailure {
  const { fault, calls, possible, leftOut } = found
  const { start, lanes } = origin
  const instants = instantsOf(calls)
  const lines = calls.map((call) => {
    const [from, to] = slotsOf(call, instants)
    const mark = call === fault ? '!' : ' '
    return `${mark} ${lanes[call.lane]}, ${from} to ${to}: ${describe(call.operation, start)} → ${answerIn(call, start)}`
  })
  const others =
    leftOut > 0 ? `, even if ${leftOut} other calls are taken to have happened at any time after they began` : ''
  const message = [
    `no order of these calls on one record explains their answers (the first that cannot be is marked)${others}:`,
    ...lines,
    origin.replay,
  ].join('\n')
  return new ConformanceFailure(message, {
    case: origin.case,
    expected: possible.map((answer) => brief(answer, start)).join(' or ') || 'an answer that another order explains',
    actual: answerIn(fault, start),
    drawing: drawingOf(found, origin),
  })
}

function drawingOf({ calls, fault }: Counterexample<Operation>, { lanes, start }: Origin): Drawing {
  const instants = instantsOf(calls)
  const shown = lanes.map((_, lane) => lane).filter((lane) => calls.some((call) => call.lane === lane))
  const marks = calls.map((call) => {
    const [from, to] = slotsOf(call, instants)
    const label = describe(call.operation, start)
    const mark = { lane: shown.indexOf(call.lane), from, to, label, answer: answerIn(call, start) }
    return call === fault ? { ...mark, isFault: true } : mark
  })
  return { lanes: shown.map((lane) => at(lanes, lane)), marks }
}

/** Starts and ends in the order in which they happened: what matters of them is their order alone. */
function instantsOf(calls: readonly Call<Operation>[]): number[] {
  const instants = calls.flatMap(({ start, end }) => (end === undefined ? [start] : [start, end]))
  return [...new Set(instants)].sort((a, b) => a - b)
}

function slotsOf({ start, end = start }: Call<Operation>, instants: readonly number[]): [from: number, to: number] {
  return [instants.indexOf(start), instants.indexOf(end)]
}

function describe(operation: Operation, start: number): string {
  switch (operation.kind) {
    case 'create':
      return `create ${nameOf(operation.session.version)} ${until(operation.session, start)}`
    case 'update': {
      const { session, expected } = operation
      return `update ${nameOf(expected)} to ${nameOf(session.version)} ${until(session, start)}`
    }
    case 'touch':
      return `touch ${nameOf(operation.loaded.version)} ${until(operation.lifetime, start)}`
    case 'sweep':
      return `sweep up to ${minutes(operation.cutoff, start)}`
    default:
      return operation.kind
  }
}

function answerIn({ answer = 'no answer' }: Call<Operation>, start: number): string {
  return brief(answer, start)
}

function brief(answer: string, start: number): string {
  const record = answer.startsWith('{') ? recordIn(answer) : undefined
  return record ? `${nameOf(record.version)}${strangePayload(record)} ${until(record, start)}` : answer
}

/** Each version has a payload of its own; another one is worth telling. */
function strangePayload({ version, payload }: StoredSession): string {
  return payload.endsWith(version) ? '' : ` with payload ${JSON.stringify(payload.slice(0, 40))}`
}

function until({ expiresAt, purgeAt }: Lifetime, start: number): string {
  return `until ${minutes(expiresAt, start)}, purge ${minutes(purgeAt, start)}`
}

function minutes(instant: number, start: number): string {
  return `${(instant - start) / 60_000} min`
}

function nameOf(version: string): string {
  return version.split('-', 1)[0] ?? version
}
