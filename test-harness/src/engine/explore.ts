import type { Choose, Schedule, Turn } from './scheduler.ts'

/** What has been run of all the orders that there are. */
export interface Explored {
  readonly orders: number
  /** False if there are more orders than were allowed. Those with the fewest preemptions have been run. */
  readonly isComplete: boolean
}

/** The beginning of a schedule that has not been run: the turns of one that has, and then another lane. */
interface Branch {
  readonly turns: readonly Turn[]
  /** How many of the turns are taken over. */
  readonly length: number
  readonly next: number | undefined
}

/** More than this many schedules in which lanes wait for each other, a stall each, take too long. */
const MOST_STALLED = 8
const MOST_TRIES = 5

/**
 * Runs every order of the turns of some lanes, each once: from each schedule that was run branch off those that take
 * another lane at one of its turns. Orders with few preemptions (a lane stops in the middle and another goes on) come
 * first, as most faults show in them; so those that are left out have the most.
 *
 * @param run runs one schedule and throws if its outcome is wrong
 * @param goesOn whether another one is run after so many
 * @param isExact false for an operation that has several calls under way at once, in an order that is up to the backend:
 * then the turns are those of the lanes that were asked for, but need not be the same calls in every run
 */
export async function exploreOrders(
  run: (choose: Choose) => Promise<Schedule>,
  goesOn: (orders: number) => boolean,
  isExact = true,
): Promise<Explored> {
  const byPreemptions: Branch[][] = [[{ turns: [], length: 0, next: undefined }]]
  let [orders, stalled] = [0, 0]
  for (let preemptions = 0; preemptions < byPreemptions.length; preemptions++) {
    const branches = byPreemptions[preemptions] ?? []
    for (const branch of branches) {
      if (!goesOn(orders) || stalled >= MOST_STALLED) return { orders, isComplete: false }
      const { turns, stalls } = await runBranch(branch)
      orders++
      if (stalls > 0) stalled++
      const from = branch.length + (branch.next === undefined ? 0 : 1)
      for (let at = from; at < turns.length; at++) {
        const last = turns[at - 1]?.lane
        for (const next of turns[at]?.runnable ?? []) {
          if (next === turns[at]?.lane) continue
          const isPreemption = last !== undefined && last !== next && turns[at]?.runnable.includes(last)
          const cost = preemptions + (isPreemption ? 1 : 0)
          byPreemptions[cost] ??= []
          byPreemptions[cost].push({ turns, length: at, next })
        }
      }
    }
    byPreemptions[preemptions] = []
  }
  return { orders, isComplete: true }

  /** An operation with several calls under way at once may take them in another order now and then, but not always. */
  async function runBranch(branch: Branch): Promise<Schedule> {
    for (let tries = 1; ; tries++) {
      const schedule = await run(follow(branch))
      const difference = schedule.stalls > 0 || !isExact ? undefined : differenceOf(branch, schedule.turns)
      if (difference === undefined) return schedule
      if (tries === MOST_TRIES) throw new Error(difference)
    }
  }
}

/** The letters of a schedule, `a` for each turn of the first lane: with them it is run again. */
export function lettersOf(turns: readonly Turn[]): string {
  return turns.map(({ lane }) => letterOf(lane)).join('')
}

export function letterOf(lane: number): string {
  return String.fromCharCode(97 + lane)
}

/** Follows the letters, and then lets each lane go on as far as it can. */
export function followLetters(letters: string): Choose {
  return (runnable, last, turn) => {
    const lane = letters.charCodeAt(turn) - 97
    return runnable.includes(lane) ? lane : keepOn(runnable, last)
  }
}

function follow({ turns, length, next }: Branch): Choose {
  return (runnable, last, turn) => {
    const forced = turn < length ? turns[turn]?.lane : turn === length ? next : undefined
    return forced !== undefined && runnable.includes(forced) ? forced : keepOn(runnable, last)
  }
}

function keepOn(runnable: readonly number[], last: number | undefined): number {
  return last !== undefined && runnable.includes(last) ? last : (runnable[0] ?? 0)
}

/** Orders can only be enumerated, and replayed, if the same turns are the same calls every time. */
function differenceOf({ turns, length, next }: Branch, replayed: readonly Turn[]): string | undefined {
  for (let n = 0; n <= length; n++) {
    const wanted = n < length ? turns[n] : { lane: next ?? replayed[n]?.lane, step: replayed[n]?.step }
    const got = replayed[n]
    if (wanted?.lane === got?.lane && wanted?.step === got?.step) continue
    return (
      `the replay of ${lettersOf(turns.slice(0, length))} differs: turn ${n + 1} was ${nameOf(wanted?.step)} and now is ` +
      `${nameOf(got?.step)}, so what the store does depends on more than the order of its calls`
    )
  }
  return undefined
}

function nameOf(step: string | undefined): string {
  if (step === undefined) return 'none'
  return step === '' ? 'a call without a name' : `"${step}"`
}
