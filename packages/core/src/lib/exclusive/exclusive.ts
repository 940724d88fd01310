import { AsyncLocalStorage } from 'node:async_hooks'
import { Gate } from '../adapter/gate.ts'
import type { Clock } from '../clock.ts'
import type { SessionId } from '../store.ts'
import type { ExclusiveOptions } from './exclusive-options.ts'
import type { Leases } from './leases.ts'
import { Line } from './line.ts'
import { lockLost, lockNested, lockTimeout } from './lock-errors.ts'

/** What the callback of one `exclusive()` may do, and until when. */
export interface Hold {
  /** True while nobody else can have the session to themselves. */
  readonly isHeld: () => boolean
  /** Runs an operation of the session, which the lease waits for. @throws `ERR_LOCK_LOST` */
  readonly run: <T>(operation: string, work: () => Promise<T>) => Promise<T>
}

interface Frame {
  readonly of: Exclusives
  readonly id: SessionId | undefined
  isOver: boolean
  readonly outer: Frame | undefined
}

/** One for all: on Node 22 each that was ever used slows every promise of the process down. */
const frames = new AsyncLocalStorage<Frame>()

/** One exclusive caller at a time per session: in line within the process, by leases across processes. */
export class Exclusives {
  readonly #leases: Leases
  readonly #clock: Clock
  readonly #line: Line

  constructor(leases: Leases, clock: Clock) {
    this.#leases = leases
    this.#clock = clock
    this.#line = new Line(clock)
  }

  /** @throws `ERR_LOCK_NESTED`; `ERR_LOCK_TIMEOUT`; store errors; what `work` throws */
  async run<T>(
    id: SessionId,
    { waitMs, leaseMs }: Required<ExclusiveOptions>,
    work: (hold: Hold) => Promise<T>,
  ): Promise<T> {
    for (let frame = innermostFrame(); frame; frame = frame.outer) {
      if (frame.of === this && frame.id === id && !frame.isOver) throw lockNested(id)
    }
    const deadline = this.#clock.monotonic() + waitMs
    if (!(await this.#line.enter(id, waitMs))) throw lockTimeout(id)
    try {
      const lease = await this.#leases.take(id, leaseMs, deadline)
      if (!lease) throw lockTimeout(id)
      try {
        return await this.#within(id, () => lease.isHeld, work)
      } finally {
        await lease.release()
      }
    } finally {
      this.#line.leave(id)
    }
  }

  /** The same for a session that nobody else knows of yet, which needs neither line nor lease. */
  alone<T>(work: (hold: Hold) => Promise<T>): Promise<T> {
    return this.#within(undefined, () => true, work)
  }

  async #within<T>(id: SessionId | undefined, isHeld: () => boolean, work: (hold: Hold) => Promise<T>): Promise<T> {
    const frame: Frame = { of: this, id, isOver: false, outer: innermostFrame() }
    const operations = new Gate()
    const hold: Hold = {
      isHeld,
      run: async (operation, operate) => {
        // Whoever logs out means it.
        if (frame.isOver || (!isHeld() && operation !== 'destroy')) throw lockLost(operation, id)
        return operations.run(operation, operate)
      },
    }
    try {
      return await frames.run(frame, () => work(hold))
    } finally {
      frame.isOver = true
      // A save that the callback did not wait for belongs to it.
      await operations.close(() => {})
    }
  }
}

/**
 * The innermost callback that this is called in. What a callback starts and leaves behind runs in its context still:
 * those that are over are let go, or work that starts itself again would keep them all.
 */
function innermostFrame(): Frame | undefined {
  let frame = frames.getStore()
  while (frame?.isOver) frame = frame.outer
  return frame
}
