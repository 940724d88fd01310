import { manualClock } from '@leeway/core/testing'
import type { CrashPoint, Opened, Request } from './child-messages.ts'
import type { Subject } from './subject.ts'

/** A handle in a process of its own, in which it, or the whole process, can be stopped anywhere. */
export interface ServedStore {
  readonly opened: Opened
  crashAt(point: CrashPoint): void
  call(request: Extract<Request, { kind: 'call' }>): Promise<unknown>
  /** To be told of each answer once it has been sent. */
  answered(): void
}

type Tell = (message: { kind: 'step'; name: string } | { kind: 'standing' }) => void

export async function serveStore(
  subject: Subject,
  { scratch, namespace, maxPayloadBytes }: Extract<Request, { kind: 'open' }>,
  tell: Tell,
): Promise<ServedStore> {
  const clock = manualClock()
  /** How many are left of each. */
  const left = { step: 0, calls: 0, answers: 0 }
  const step = async (name: string): Promise<void> => {
    if (left.step === 0) return
    tell({ kind: 'step', name })
    if (--left.step > 0) return
    tell({ kind: 'standing' })
    await new Promise(() => {})
  }
  const store = await subject.open({ scratch, namespace, maxPayloadBytes, clock, step })
  return {
    opened: { capabilities: { ...store.capabilities }, hasList: typeof store.list === 'function' },
    crashAt: (point) => void Object.assign(left, point),
    async call({ method, given, now, monotonic }) {
      clock.advance(monotonic - clock.monotonic())
      clock.jumpTo(now)
      const operation = store[method] as ((...given: readonly unknown[]) => Promise<unknown>) | undefined
      if (operation === undefined) throw new Error(`the store has no ${method}()`)
      const answer = operation.apply(store, [...given])
      if (left.calls > 0 && --left.calls === 0) die()
      return answer
    },
    answered() {
      if (left.answers > 0 && --left.answers === 0) die()
    },
  }
}

function die(): void {
  process.kill(process.pid, 'SIGKILL')
}
