import { Barrier } from '../barrier.ts'
import type { Call, WatchedStore } from './watched-store.ts'

/** Has the store hold the nth such call from now on, before it is made, until the barrier is released. */
export function heldCall(watched: WatchedStore, held: Call, nth = 1): Barrier {
  const barrier = new Barrier(1)
  let calls = 0
  watched.trouble = async (call, make) => {
    if (call === held && ++calls === nth) await barrier.arrive()
    return make()
  }
  return barrier
}
