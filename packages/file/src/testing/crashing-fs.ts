import fs from 'node:fs'
import type { FileSystem } from '../lib/file-system.ts'
import { type FileCall, watchedFs } from './watched-fs.ts'

export class CrashingFs {
  readonly fs: FileSystem
  /** The calls that were made, those after the crash included. */
  readonly calls: FileCall[] = []

  /**
   * A file system of a process that dies at its k-th call: neither that one nor any after it has an effect.
   *
   * @param isHalfDone whether a `write` has written half of its bytes by then
   */
  constructor(k: number, isHalfDone = false) {
    this.fs = watchedFs(async (call, given) => {
      this.calls.push(call)
      if (this.calls.length < k) return
      if (call === 'write' && isHalfDone && this.calls.length === k) {
        const [file, buffer, offset, length, position] = given as [number, Buffer, number, number, number]
        fs.writeSync(file, buffer, offset, Math.floor(length / 2), position)
      }
      throw new Error('the process has died')
    })
  }
}
