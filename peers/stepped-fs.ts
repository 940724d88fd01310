import { AsyncLocalStorage } from 'node:async_hooks'
import fs from 'node:fs'
import type { Step } from '../test-harness/src/engine/subject.ts'

/** The calls of node:fs that read or change a session's file or its directory. */
const CALLS = ['readdir', 'readFile', 'open', 'rename', 'unlink'] as const

const steps = new AsyncLocalStorage<Step>()
let isPatched = false

/**
 * Makes those calls wait for the `step` of the operation that they belong to. Has to come before a module that copies
 * node:fs, as graceful-fs does, is loaded. Outside of `withSteps` nothing changes.
 */
export function patchFs(): void {
  if (isPatched) return
  isPatched = true
  for (const name of CALLS) {
    const original = fs[name] as (...args: unknown[]) => void
    const stepped = (...args: unknown[]): void => {
      const step = steps.getStore()
      if (step) void step(name).then(() => original.apply(fs, args))
      else original.apply(fs, args)
    }
    Object.assign(fs, { [name]: Object.assign(stepped, original) })
  }
}

/** Runs an operation whose calls of node:fs wait for `step`. */
export function withSteps<T>(step: Step, operation: () => T): T {
  return steps.run(step, operation)
}
