import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileStore } from '@leeway/file'
import { watchedFs } from '../../packages/file/src/testing/watched-fs.ts'
import { defineSubject, type OpenOptions, type RecordLocation } from '../src/engine/subject.ts'

export default defineSubject({ name: 'file', module: import.meta.url, open, corrupt, fail })

function open({ scratch, namespace, step, maxPayloadBytes }: OpenOptions) {
  return fileStore({ directory: scratch, namespace, maxPayloadBytes, fs: watchedFs((call) => step(call)) })
}

/** Cuts the payload short, as a power cut may. */
function corrupt({ scratch, namespace, id }: RecordLocation): void {
  const directory = join(scratch, namespace, 'sessions', id.slice(-2), id)
  const payload = readdirSync(directory).find((name) => name.startsWith('p.'))
  if (payload === undefined) throw new Error('there is no payload to damage')
  writeFileSync(join(directory, payload), 'leeway')
}

/** Takes the directory away from under an open store. */
function fail(options: OpenOptions) {
  const store = open(options)
  rmSync(join(options.scratch, options.namespace), { recursive: true })
  return store
}
