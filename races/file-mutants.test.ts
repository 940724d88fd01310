import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { defineSubject, runConformance } from '@leeway/conformance'
import type * as FileStoreModule from '@leeway/file'
import { afterAll, expect, test } from 'vitest'
import type * as CrashModule from '../packages/file/src/testing/crash-at.ts'
import type * as OperationsModule from '../packages/file/src/testing/operations.ts'
import { type FileMutant, fileMutants } from './file-mutants.ts'
import { everyOrderOf } from './file-pairs.ts'
import { copyWith, saidBy } from './mutant-copy.ts'

const caught: string[] = []
afterAll(() =>
  console.log(`${caught.join('\n')}\n${caught.length} of ${fileMutants.length} mutants of the file store caught`),
)

test.each(fileMutants)(
  'caught: $name',
  async (mutant) => {
    const said = await verdictOn(mutant, mutantOf(mutant))
    expect(said).toContain(mutant.message)
    caught.push(`${Object.values(mutant.caughtBy).flat().join(', ')}: ${mutant.name}`)
  },
  120_000,
)

function mutantOf({ file, edits }: FileMutant): string {
  return copyWith(
    'file',
    edits.map(([from, to]) => [file, from, to]),
  )
}

/** What finds the fault says so; nothing said is a mutant that lives. */
async function verdictOn({ caughtBy }: FileMutant, copy: string): Promise<string> {
  const load = <Module>(path: string): Promise<Module> => import(pathToFileURL(join(copy, path)).href)
  const { fileStore } = await load<typeof FileStoreModule>('index.ts')
  if ('orders' in caughtBy) return saidBy(everyOrderOf(fileStore, caughtBy.beginning, caughtBy.orders))
  if ('rule' in caughtBy) {
    const subject = defineSubject({
      name: 'mutant',
      open: ({ scratch, namespace, maxPayloadBytes }) => fileStore({ directory: scratch, namespace, maxPayloadBytes }),
      fail({ scratch, namespace }) {
        const store = fileStore({ directory: scratch, namespace })
        rmSync(join(scratch, namespace), { recursive: true })
        return store
      },
    })
    const { results } = await runConformance(subject, { rules: [caughtBy.rule] })
    return results.find(({ id }) => id === caughtBy.rule)?.failure?.message ?? ''
  }
  const { crashEverywhere } = await load<typeof CrashModule>('testing/crash-at.ts')
  const { OPERATIONS } = await load<typeof OperationsModule>('testing/operations.ts')
  const operation = OPERATIONS.find(({ name }) => name === caughtBy.crash)
  if (!operation) throw new Error(`there is no operation ${caughtBy.crash}`)
  return saidBy(crashEverywhere(operation, 'process-crash'))
}
