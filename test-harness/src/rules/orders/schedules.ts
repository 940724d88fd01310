import type { SessionStore, StoredSession } from '@leeway/core/adapter'
import type { RuleContext } from '../../engine/context.ts'
import { answerOf, expectAbsent, expectEqual, expectOneOf, expectStored, expectThat } from '../../engine/expect.ts'
import { ConformanceFailure } from '../../engine/failure.ts'
import type { Patience } from '../../engine/patience.ts'
import { IDLE_MS } from '../../engine/samples.ts'
import type { Held, Stepper } from '../../engine/stepper.ts'
import { sweepAll } from '../sweeping.ts'
import { drawEvents, type OrderEvent } from './drawing.ts'

/** An order with a place for each crossing of the clock, without P, in which nothing is called. */
type Event = Exclude<OrderEvent, 'P'>

/** One of the 15 ways of the clock to cross expiry and purge time during an order. */
export function placements(order: string): Event[][] {
  const steps = [...order].filter((event): event is Event => 'LSCD'.includes(event))
  const found: Event[][] = []
  for (let e = 0; e <= steps.length; e++) {
    for (let g = e; g <= steps.length; g++) {
      found.push([...steps.slice(0, e), 'E', ...steps.slice(e, g), 'G', ...steps.slice(g)])
    }
  }
  return found
}

/**
 * Runs a placement for every way of the sweep to be under way between C and D: not yet started (only its cutoff is
 * read at C), and held before each of its backend calls, until it has none left. Or for one of these ways alone, counted
 * from 0.
 */
export async function runOrder(
  ctx: RuleContext,
  stepper: Stepper,
  events: readonly Event[],
  only?: number,
): Promise<void> {
  const [request, sweeper] = [await ctx.open(), await ctx.open({ step: stepper.step })]
  for (let way = only ?? 0, isLast = false; !isLast; way++) {
    const schedule = await inOrder(stepper, ctx.patience, async () => {
      const schedule = new Schedule(ctx, request, sweeper, stepper, way)
      await schedule.run(events)
      return schedule
    })
    isLast = only !== undefined || (way > 0 && !schedule.wasHeld)
  }
  await Promise.all([request.close(), sweeper.close()])
}

/** Where the request had to wait for the sweep, the order was another. A lock does so again; a disk that was busy does not. */
async function inOrder<T>(stepper: Stepper, { expectsLocks }: Patience, run: () => Promise<T>): Promise<T> {
  const before = stepper.stalls
  const ran = await run()
  return stepper.stalls === before || expectsLocks ? ran : run()
}

class Schedule {
  readonly #ctx: RuleContext
  readonly #request: SessionStore
  readonly #sweeper: SessionStore
  readonly #stepper: Stepper
  readonly #way: number
  readonly #holdAt: number | undefined
  readonly #session: StoredSession
  #events = ''
  #cutoff = Number.NEGATIVE_INFINITY
  #sweep: Held<unknown> | undefined
  #isSwept = false
  #loaded: StoredSession | undefined
  #saved: StoredSession | undefined
  #isGone = false
  wasHeld = false

  constructor(ctx: RuleContext, request: SessionStore, sweeper: SessionStore, stepper: Stepper, way: number) {
    this.#ctx = ctx
    this.#request = request
    this.#sweeper = sweeper
    this.#stepper = stepper
    this.#way = way
    this.#holdAt = way === 0 ? undefined : way - 1
    this.#session = ctx.session()
  }

  async run(events: readonly Event[]): Promise<void> {
    this.#ctx.count('schedules')
    await answerOf(this.#request.create(this.#session), 'create')
    // The request comes when half of the lifetime is over, so that what it saves lives longer than what it loaded.
    this.#ctx.clock.advance(IDLE_MS / 2)
    try {
      for (const event of events) {
        this.#events += event
        await this.#perform(event)
      }
      await this.#checkEnd()
    } catch (error) {
      if (!(error instanceof ConformanceFailure)) throw error
      throw error.locate({
        case: `${events.join('')}-${this.#way}`,
        drawing: drawEvents(events, this.#events.length - 1),
      })
    }
    await this.#request.destroy(this.#session.id)
  }

  async #perform(event: Event): Promise<void> {
    const { clock } = this.#ctx
    switch (event) {
      case 'E':
        return clock.advance(this.#session.expiresAt - clock.now())
      case 'G':
        return clock.advance(this.#session.purgeAt - clock.now())
      case 'L':
        return this.#meanwhile(() => this.#load())
      case 'S':
        return this.#meanwhile(() => this.#save())
      case 'C':
        return this.#check()
      case 'D':
        await answerOf(this.#sweep?.finish() ?? sweepAll(this.#sweeper, this.#cutoff), this.#where('sweep'))
        this.#isSwept = true
    }
  }

  async #check(): Promise<void> {
    this.#cutoff = this.#ctx.clock.now()
    if (this.#holdAt === undefined) return
    this.#sweep = await this.#stepper.hold(this.#holdAt, () => sweepAll(this.#sweeper, this.#cutoff))
    this.wasHeld = this.#sweep.isHeld
    this.#isSwept = !this.wasHeld
  }

  /** Core's part of a load: what has expired is refused. Before its expiry the session has to be there. */
  async #load(): Promise<void> {
    const loaded = await answerOf(this.#request.load(this.#session.id), this.#where('load'))
    if (this.#ctx.clock.now() >= this.#session.expiresAt) return
    expectThat(loaded !== undefined, this.#where('a live session was not found'))
    expectEqual(loaded.version, this.#session.version, this.#where('the version that was loaded'))
    this.#loaded = loaded
  }

  async #save(): Promise<void> {
    if (!this.#loaded) return
    const next = this.#ctx.successor(this.#loaded)
    const answer = await answerOf(this.#request.update(next, this.#loaded.version), this.#where('update'))
    expectOneOf(answer, this.#allowedAnswers(), this.#where('the answer of the save'))
    if (answer === 'saved') this.#saved = next
    else this.#isGone = true
  }

  /**
   * `gone` is right only for a request that has outlasted the grace: at the save the clock has reached the purge time of
   * what was loaded, and a sweep with such a cutoff has begun or the backend purges by itself. If that sweep is over, it
   * is the only right answer. `conflict` is never right.
   */
  #allowedAnswers(): string[] {
    const hasOutlasted = this.#ctx.clock.now() >= this.#session.purgeAt
    if (this.#purgesItself()) return hasOutlasted ? ['saved', 'gone'] : ['saved']
    if (!this.#isDue()) return ['saved']
    return this.#isSwept ? ['gone'] : ['saved', 'gone']
  }

  /** An acknowledged save is there; what was `gone` is not; what nobody saved is gone if it was due when swept. */
  async #checkEnd(): Promise<void> {
    const { id } = this.#session
    if (this.#saved && this.#cutoff < this.#saved.purgeAt) {
      await expectStored(this.#request, this.#saved, this.#where('an acknowledged save is lost'))
    } else if (this.#isGone) {
      await expectAbsent(this.#request, id, this.#where('a save that was answered `gone` left a record'))
    } else if (!this.#isDue()) {
      if (!this.#purgesItself())
        await expectStored(this.#request, this.#session, this.#where('swept before it was due'))
    } else if (!this.#purgesItself()) {
      await expectAbsent(this.#request, id, this.#where('the sweep left a record that was due'))
    }
  }

  /** The sweep has read a cutoff at which the record, as it was loaded, may be removed. */
  #isDue(): boolean {
    return this.#cutoff >= this.#session.purgeAt
  }

  #purgesItself(): boolean {
    return this.#ctx.capabilities.purge === 'native'
  }

  async #meanwhile(call: () => Promise<void>): Promise<void> {
    await (this.#sweep?.isHeld ? this.#sweep.meanwhile(call) : call())
  }

  #where(what: string): string {
    const held = this.wasHeld && this.#holdAt !== undefined ? `, sweep held before its step ${this.#holdAt + 1}` : ''
    return `${what} (${[...this.#events].join(' ')}${held})`
  }
}
