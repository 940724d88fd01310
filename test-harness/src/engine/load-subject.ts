import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { LeewayError } from '@leeway/core/adapter'
import { describeError } from './expect.ts'
import type { Subject } from './subject.ts'

/** How Node says that it cannot load what a bundler or a TypeScript runner can. */
const BEYOND_NODE = new Set([
  'ERR_INVALID_TYPESCRIPT_SYNTAX',
  'ERR_MODULE_NOT_FOUND',
  'ERR_REQUIRE_ESM',
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'MODULE_NOT_FOUND',
])

/**
 * Imports the module whose default export, or `module.exports`, is a subject. TypeScript is loaded as it is: by Node
 * where it can, otherwise (enums, extensionless imports, `.js` for `.ts`, a Node without types) by jiti.
 *
 * @param module a path, from the current directory, or a file's URL, whose query is kept
 * @returns the subject, which knows its module
 * @throws `ERR_INVALID_OPTION` where there is no such file, it cannot be loaded, or its default export is no subject;
 * whatever the module itself throws
 */
export async function loadSubject(module: string): Promise<Subject> {
  const url = module.startsWith('file:') ? new URL(module) : pathToFileURL(resolve(module))
  const path = fileURLToPath(url)
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) invalid(`there is no file ${path}`)
  if (!found.isFile()) invalid(`${path} is no file: the subject is a module, such as my-store.subject.ts`)
  const exported = defaultOf(await importAny(url, path))
  if (exported === undefined) invalid(`${path} has no default export: export default defineSubject({ ... })`)
  if (!isSubject(exported)) {
    invalid(`the default export of ${path} is no subject: export default defineSubject({ name, open })`)
  }
  return Object.freeze({ ...exported, module: url.href })
}

async function importAny(url: URL, path: string): Promise<unknown> {
  try {
    return await import(url.href)
  } catch (error) {
    if (!isBeyondNode(error)) throw error
    const { createJiti } = await import('jiti')
    return createJiti(import.meta.url)
      .import(path)
      .catch((cause: unknown) => invalid(`${path} cannot be loaded: ${describeError(cause)}`, cause))
  }
}

function isBeyondNode(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error instanceof SyntaxError || ('code' in error && BEYOND_NODE.has(String(error.code)))
}

/** A default export, compiled to CommonJS or not, or what CommonJS exports instead. */
function defaultOf(exports: unknown): unknown {
  const exported = hasDefault(exports) ? exports.default : undefined
  return hasDefault(exported) && !isSubject(exported) ? exported.default : exported
}

function hasDefault(value: unknown): value is { default: unknown } {
  return typeof value === 'object' && value !== null && 'default' in value
}

function isSubject(value: unknown): value is Subject {
  if (typeof value !== 'object' || value === null) return false
  const { name, open } = value as Partial<Subject>
  return typeof name === 'string' && typeof open === 'function'
}

function invalid(message: string, cause?: unknown): never {
  throw new LeewayError('ERR_INVALID_OPTION', message, { operation: 'loadSubject', cause })
}
