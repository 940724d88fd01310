import { LeewayError } from '@leeway/core/adapter'
import { asyncProperty, check } from 'fast-check'
import type { RuleContext } from '../../engine/context.ts'
import { ConformanceFailure } from '../../engine/failure.ts'
import { forRandomCases } from '../../engine/random-cases.ts'
import type { Rule } from '../../engine/rule.ts'
import { noSuchCase } from '../../engine/settings.ts'
import { ModelRun, type Placed, WrongAnswer } from './run.ts'
import { type ModelScript, scripts } from './script.ts'

const MEASURE = { least: 40, most: 600, ms: 700 }
/** Real milliseconds for which a script that failed is made shorter. */
const SHRINK_MS = 5_000

export const modelRules: readonly Rule[] = [
  model(
    'MODEL-001',
    'random scripts on one handle are answered as the contract says, call by call',
    'Rules try the combinations that somebody has thought of; scripts try the others.',
    { spaces: [0], stream: 101 },
  ),
  model(
    'MODEL-002',
    'random scripts on two handles are answered as the contract says, call by call',
    'What one handle remembers of a record is out of date as soon as the other has written.',
    { spaces: [0, 0], stream: 102 },
  ),
  model(
    'MODEL-003',
    'random scripts in two namespaces, with the same ids, are answered as if each had a store of its own',
    'An index, a cache or a count that forgets the namespace mixes up applications.',
    { spaces: [0, 1], stream: 103 },
  ),
]

interface Layout {
  /** The namespace of each handle. */
  readonly spaces: readonly number[]
  readonly stream: number
}

function model(id: string, title: string, why: string, { spaces, stream }: Layout): Rule {
  return {
    id,
    level: 'MUST',
    tier: 'core',
    soaks: true,
    title,
    why,
    async check(ctx) {
      const { only } = ctx.settings
      const bench = new Bench(ctx, spaces)
      if (only !== undefined) return bench.replay(only)
      await forRandomCases(ctx, stream, MEASURE, (seed) => bench.try(seed))
    },
  }
}

/** Where scripts are run, one after another. */
class Bench {
  readonly #ctx: RuleContext
  readonly #spaces: readonly number[]
  #handles: readonly Placed[] | undefined
  #opened = 0
  #shrinksUntil = Number.POSITIVE_INFINITY

  constructor(ctx: RuleContext, spaces: readonly number[]) {
    this.#ctx = ctx
    this.#spaces = spaces
  }

  /** Runs the script of a seed; one that fails is made shorter. */
  async try(seed: number): Promise<void> {
    await this.#check(seed, { seed, numRuns: 1 })
  }

  /** Runs the script again that a failure has named. */
  async replay(only: string): Promise<void> {
    const [, seed, path] = /^(\d+):([\d:]+)$/.exec(only) ?? []
    if (seed === undefined || path === undefined) {
      throw new LeewayError('ERR_INVALID_OPTION', `${JSON.stringify(only)} names no script`, { operation: 'replay' })
    }
    await this.#check(Number(seed), { seed: Number(seed), path, numRuns: 1, endOnFailure: true })
  }

  async #check(seed: number, parameters: Parameters<typeof check>[1]): Promise<void> {
    const { list, maxPayloadBytes } = this.#ctx.capabilities
    const script = scripts(this.#spaces.length, list, maxPayloadBytes)
    const property = asyncProperty(script, (drawn) => this.#run(drawn))
    const { failed, counterexamplePath, errorInstance, numRuns } = await check(property, parameters)
    if (numRuns === 0) noSuchCase(`${seed}:${parameters?.path}`)
    if (!failed) return
    if (!(errorInstance instanceof WrongAnswer)) throw errorInstance
    throw failureOf(errorInstance, this.#spaces, `${seed}:${counterexamplePath}`)
  }

  async #run(script: ModelScript): Promise<void> {
    if (performance.now() > this.#shrinksUntil) return
    this.#handles ??= await this.#open()
    const run = new ModelRun(this.#handles, this.#ctx.clock, script.salt)
    try {
      await run.run(script)
      await run.tidy()
    } catch (error) {
      this.#shrinksUntil = Math.min(this.#shrinksUntil, performance.now() + SHRINK_MS)
      throw error
    } finally {
      // A script that is made shorter, or replayed, has to fail by itself, not for what another has left.
      if (this.#shrinksUntil < Number.POSITIVE_INFINITY) this.#handles = undefined
    }
    if (this.#shrinksUntil < Number.POSITIVE_INFINITY) return
    this.#ctx.count('scripts')
    this.#ctx.count('script calls', run.made.length)
  }

  async #open(): Promise<Placed[]> {
    const name = `model${++this.#opened}`
    const handles: Placed[] = []
    for (const space of this.#spaces) {
      handles.push({ store: await this.#ctx.open({ namespace: space === 0 ? name : `${name}-1` }), space })
    }
    return handles
  }
}

function failureOf(
  { made, expected, actual }: WrongAnswer,
  spaces: readonly number[],
  name: string,
): ConformanceFailure {
  const lanes = spaces.map((space, n) => `handle ${n + 1}${spaces.includes(1) ? `, namespace ${space + 1}` : ''}`)
  const lines = made.map(({ handle, text, answer }) => `  ${lanes[handle]}: ${text} → ${answer}`)
  const marks = made.map(({ handle, text, answer }, slot) => {
    const mark = { lane: handle, from: slot, to: slot, label: text, answer }
    return slot === made.length - 1 ? { ...mark, isFault: true } : mark
  })
  const message = ['the last answer of this script is wrong:', ...lines].join('\n')
  return new ConformanceFailure(message, { expected, actual, case: name, drawing: { lanes, marks } })
}
