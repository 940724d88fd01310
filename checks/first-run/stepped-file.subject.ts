import * as fs from 'node:fs'
import { defineSubject, type Step } from '@leeway/conformance'
import { fileStore } from '@leeway/file'

export default defineSubject({
  name: 'file, call by call',
  open: ({ scratch, namespace, maxPayloadBytes, step }) =>
    fileStore({ directory: scratch, namespace, maxPayloadBytes, fs: stepped(step) }),
})

const CALLS = ['open', 'read', 'write', 'fsync', 'readdir', 'stat', 'access', 'mkdir', 'rename', 'unlink', 'rmdir']

/** The calls of the file system, each after the kit has been asked. */
function stepped(step: Step): typeof fs {
  const calls: Record<string, unknown> = { ...fs }
  for (const name of CALLS) {
    const call = calls[name] as (...given: unknown[]) => void
    calls[name] = (...given: unknown[]) => void step(name).then(() => call(...given))
  }
  return calls as unknown as typeof fs
}
