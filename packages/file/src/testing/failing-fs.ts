import { inspect } from 'node:util'
import { expect } from 'vitest'
import type { FileSystem } from '../lib/file-system.ts'
import { NEIGHBOURS, type Operation, SUBJECT } from './operations.ts'
import { type FileCall, watchedFs } from './watched-fs.ts'

export class FailingFs {
  readonly fs: FileSystem
  readonly calls: FileCall[] = []

  /** A file system on which the calls that are chosen, by their number and kind, fail without an effect. */
  constructor(code: string, fails: (k: number, call: FileCall) => boolean) {
    this.fs = watchedFs(async (call, given) => {
      this.calls.push(call)
      if (!fails(this.calls.length, call)) return
      throw systemError(code, call, given)
    })
  }
}

/** As Node makes it, with the paths in its text. */
function systemError(code: string, call: FileCall, given: readonly unknown[]): Error {
  const [path, dest] = given.filter((one) => typeof one === 'string')
  const error = new Error(`${code}: made to fail, ${call}${path ? ` '${path}'` : ''}${dest ? ` -> '${dest}'` : ''}`)
  return Object.assign(error, { code, syscall: call, path, dest })
}

/** A failure is one of the store, names what was being done, and can be logged. */
export function expectFailure(error: unknown, operation: Operation): void {
  const [method] = operation.name.split(' ')
  expect(error).toMatchObject({ code: 'ERR_STORE_FAILED', operation: method })
  const text = inspect(error, { depth: 9, showHidden: true })
  for (const id of [SUBJECT, ...NEIGHBOURS.map((session) => session.id)]) expect(text).not.toContain(id)
}
