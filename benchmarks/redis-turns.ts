import type { RedisServer } from '@leeway/testing'
import { newId } from './file-contenders.ts'
import { each, order, timed } from './file-turns.ts'
import { lasting } from './redis-alternately.ts'
import { type Contender, contenders } from './redis-contenders.ts'

export const SESSIONS = 2_048
const WARM_UP = 2
const TURN_MS = 120
/** Off the clock, after the garbage of others: code and connection are in use when the turn begins. */
const LEAD_MS = 15

export const works = [['load'], ['update'], ['touch'], ['create', 'destroy']] as const
export type Operation = (typeof works)[number][number]

export interface Side {
  readonly name: string
  readonly contender: Contender
  readonly ids: readonly string[]
}

/** Microseconds that a call took in each round, by contender. */
export type Turns = ReadonlyMap<string, readonly number[]>

/** All contenders on one server, each with its sessions. */
export async function openAll(server: RedisServer, payload: string): Promise<Side[]> {
  const sides: Side[] = []
  for (const [name, open] of Object.entries(contenders)) {
    const ids = Array.from({ length: SESSIONS }, newId)
    const contender = await open(server, payload)
    await each(SESSIONS, (n) => contender.create(ids[n] ?? ''))
    sides.push({ name, contender, ids })
  }
  return sides
}

/** Each has a turn in every round; garbage is collected between turns, off the clock. */
export async function inTurns(all: readonly Side[], operations: readonly Operation[], callers: number, rounds: number) {
  const sides = able(all, operations)
  const results = new Map(operations.map((operation) => [operation, new Map<string, number[]>()]))
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const which of order(sides.length, round + WARM_UP)) {
      const side = sides[which] as Side
      const made: string[][] = Array.from({ length: callers }, () => [])
      for (const operation of operations) {
        const { us } = await turn(side, operation, made)
        const turns = results.get(operation)
        if (round >= 0) turns?.set(side.name, [...(turns.get(side.name) ?? []), us])
      }
    }
  }
  return results as ReadonlyMap<Operation, Turns>
}

export function able(sides: readonly Side[], operations: readonly Operation[]): Side[] {
  return sides.filter(({ contender }) => operations.every((operation) => operation in contender))
}

/** What a turn took: microseconds a call, of the clock and of this process's CPU. */
interface Turn {
  readonly us: number
  readonly cpuUs: number
  /** With those that were not timed. */
  readonly calls: number
}

/** @param made what each caller's creates have made, and its destroys remove */
export async function turn(side: Side, operation: Operation, made: readonly string[][]): Promise<Turn> {
  const callers = made.length
  collectGarbage()
  if (operation === 'destroy')
    return measured(callers, (caller) => (made[caller]?.length ?? 0) > 0, destroying(side, made))
  const call = operation === 'create' ? creating(side, made) : calling(side, operation, callers)
  const lead = await timed(callers, lasting(LEAD_MS), call)
  const took = await measured(callers, lasting(TURN_MS), call)
  return { ...took, calls: lead.count + took.calls }
}

async function measured(callers: number, goesOn: (caller: number) => boolean, call: Call): Promise<Turn> {
  const before = process.cpuUsage()
  const { count, us } = await timed(callers, goesOn, call)
  const { user, system } = process.cpuUsage(before)
  return { us, cpuUs: (user + system) / count, calls: count }
}

type Call = (caller: number) => Promise<void>

function creating({ contender }: Side, made: readonly string[][]): Call {
  return async (caller) => {
    const id = newId()
    await contender.create(id)
    made[caller]?.push(id)
  }
}

function destroying({ contender }: Side, made: readonly string[][]): Call {
  return (caller) => contender.destroy(made[caller]?.pop() ?? '')
}

function calling({ contender, ids }: Side, operation: 'load' | 'update' | 'touch', callers: number): Call {
  const share = Math.floor(SESSIONS / callers)
  const call = contender[operation]?.bind(contender)
  if (!call) throw new Error(`no ${operation}`)
  return (caller) => call(ids[caller * share + Math.floor(Math.random() * share)] ?? '')
}

function collectGarbage(): void {
  if (!globalThis.gc) throw new Error('run it with --expose-gc')
  globalThis.gc()
}
