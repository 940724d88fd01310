import { constants } from 'node:fs'
import { access, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { quoted, subjectFile } from '../report/replay-command.ts'
import { mistake } from './mistake.ts'

/** Beside the sources while the kit is worked on, beside the built modules in the package. */
const starter = new URL(import.meta.url.endsWith('.ts') ? '../../starter/' : './starter/', import.meta.url)

export interface InitRequest {
  readonly directory: string
  /** In kebab case. */
  readonly name: string
  readonly language: 'ts' | 'js'
}

/**
 * Writes a store to be filled in and its subject; resolves with what to do next.
 *
 * @throws `ERR_INVALID_OPTION` for a name that makes no identifier, and where a file is there already: then none is written
 */
export async function init({ directory, name, language }: InitRequest): Promise<string> {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw mistake(`${JSON.stringify(name)} is no name such as my-store: small letters and digits, words joined by -`)
  }
  const files = [`.${language}`, `.subject.${language}`].map((end) => ({
    from: new URL(`my-store${end}`, starter),
    to: resolve(directory, `${name}${end}`),
  }))
  for (const { to } of files) {
    if (await exists(to)) throw mistake(`${to} is there already; choose another --name or directory`)
  }
  await mkdir(directory, { recursive: true })
  for (const { from, to } of files) {
    await writeFile(to, renamed(await readFile(fileURLToPath(from), 'utf8'), name), { flag: 'wx' })
  }
  return nextSteps(
    files.map(({ to }) => to),
    directory,
  )
}

/** The template's `my-store`, `myStore` and `MyStore` in the words of another name: `redis` makes `redisStore`. */
function renamed(text: string, name: string): string {
  const words = name.endsWith('store') ? name : `${name}-store`
  const pascal = words.replaceAll(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase())
  const camel = `${name[0]}${pascal.slice(1)}`
  return text.replaceAll('my-store', name).replaceAll('myStore', camel).replaceAll('MyStore', pascal)
}

function nextSteps(files: readonly string[], directory: string): string {
  const [store, subject] = files.map((file) => quoted(subjectFile(file) ?? file))
  const missing = ['@leeway/core', '@leeway/conformance'].filter((name) => !isInstalled(name, directory))
  return [
    `Wrote ${store} and ${subject}.`,
    ...(missing.length > 0 ? [`First:  npm install ${missing.join(' ')}`] : []),
    `Next:   npx @leeway/conformance ${subject}`,
    'It says which operation to write first, and how to run the one rule that is about it.',
  ].join('\n')
}

function isInstalled(name: string, directory: string): boolean {
  try {
    createRequire(join(resolve(directory), 'my-store.js')).resolve(name)
    return true
  } catch {
    return false
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  )
}
