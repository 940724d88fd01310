import fs from 'node:fs'
import type { FileSystem } from '@leeway/file'
import { commute, type Footprint, footprintOf } from './call-footprint.ts'
import { everyCall, type Turns } from './every-call.ts'

/** The file system as one of several actors has it: each of its calls waits for its turn. */
export type Actor = (name: string) => FileSystem

type Method = (...given: unknown[]) => unknown

const ON_NAMES = ['open', 'readdir', 'stat', 'access', 'mkdir', 'rename', 'unlink', 'rmdir'] as const
/**
 * On a file that is open nobody waits for a turn: a payload is written before anybody knows its name, and is read when it
 * can no longer change.
 */
const ON_OPEN_FILES = ['read', 'write', 'fsync'] as const

/** `everyCall` on the real file system. Calls on other names, in directories that the other does not list, commute. */
export function everyFileCall(
  { reduced }: { readonly reduced: boolean },
  scenario: (actor: Actor, inTurn: Turns<Footprint>['inTurn']) => Promise<void>,
): Promise<number> {
  return everyCall<Footprint>({ reduced, commute }, (turns) => {
    const plain = plainNames()
    const actor = (name: string): FileSystem =>
      synchronous(
        (call, given, go) => {
          if (ON_OPEN_FILES.some((one) => one === call)) return go()
          turns.schedule({
            actor: name,
            what: plain(`${name} ${brief(call, given)}`),
            footprint: footprintOf(call, given),
            go,
          })
        },
        (names) => names.sort((a, b) => (plain(a) < plain(b) ? -1 : 1)),
      )
    return scenario(actor, (begin) => turns.inTurn(begin))
  })
}

/** The real file system, each call made at once. */
export const immediateFs: FileSystem = synchronous((_call, _given, go) => go())

/** Random parts of names by the order in which they come up, so that a run can be repeated. */
function plainNames(): (text: string) => string {
  const nonces = new Map<string, string>()
  return (text) =>
    text.replace(/[0-9a-f]{16}/g, (nonce) => {
      const plain = nonces.get(nonce) ?? `n${String(nonces.size).padStart(2, '0')}`
      nonces.set(nonce, plain)
      return plain
    })
}

/** Calls are made synchronously, so that one is over before the next is chosen; answers come as promised, later. */
function synchronous(
  schedule: (call: string, given: readonly unknown[], go: () => void) => void,
  arrange: (names: string[]) => string[] = (names) => names,
): FileSystem {
  const made: Record<string, Method> = {}
  for (const call of [...ON_NAMES, ...ON_OPEN_FILES]) {
    const method = fs[`${call}Sync`] as unknown as Method
    made[call] = (...given) => {
      const callback = given.pop() as Method
      schedule(call, given, () => {
        let [error, answer]: unknown[] = [null, undefined]
        try {
          answer = method(...given)
          if (call === 'readdir') answer = arrange(answer as string[])
        } catch (thrown) {
          error = thrown
        }
        queueMicrotask(() => callback(error, answer))
      })
    }
  }
  return { ...fs, ...made }
}

function brief(call: string, given: readonly unknown[]): string {
  const paths = given.filter((one) => typeof one === 'string').map((path) => path.split('/').slice(-2).join('/'))
  return `${call} ${paths.join(' → ')}`
}
