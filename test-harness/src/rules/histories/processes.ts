import type { SessionStore } from '@leeway/core/adapter'
import type { ChildHandle, Timed } from '../../engine/child-handle.ts'
import { ProcessEnded } from '../../engine/child-process.ts'
import { machineNs } from '../../engine/machine-clock.ts'
import { perform as performOn } from '../operations.ts'
import type { Perform } from './history.ts'

/** Calls are made in another process, which measures when they begin and end. */
export function inProcess(handle: ChildHandle): Perform {
  return async (operation) => {
    let start: bigint | undefined
    let end = 0n
    let ended: ProcessEnded | undefined
    const timed = async <T>(call: Promise<Timed<T>>): Promise<T> => {
      const result = await call.catch((error: unknown) => {
        if (error instanceof ProcessEnded) ended = error
        throw error
      })
      start ??= result.startedAt
      end = result.endedAt
      if ('error' in result) throw result.error
      return result.answer
    }
    const store: SessionStore = {
      capabilities: handle.store.capabilities,
      create: (session) => timed(handle.call('create', session)),
      load: (id) => timed(handle.call('load', id)),
      update: (session, expected) => timed(handle.call('update', session, expected)),
      touch: (loaded, lifetime) => timed(handle.call('touch', loaded, lifetime)),
      destroy: (id) => timed(handle.call('destroy', id)),
      sweep: (options) => timed(handle.call('sweep', options)),
      close: () => timed(handle.call('close')),
    }
    const answer = await performOn(store, operation).catch((error: unknown) => {
      throw ended ?? error
    })
    return { answer, span: [Number(start), Number(end)] }
  }
}

/** On the clock by which processes measure their calls. */
export function nanoseconds(): number {
  return Number(machineNs())
}
