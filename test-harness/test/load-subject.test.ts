import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { loadSubject } from '../src/engine/load-subject.ts'
import { inPlainNode } from './fixtures/in-plain-node.ts'

const directory = mkdtempSync(join(tmpdir(), 'leeway-load-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const BODY = "{ name: 'loaded', open() { throw new Error('never opened') } }"
const OPEN = 'open: () => Promise.reject(new Error())'

/** Projects whose subject Node loads by itself, and such as it cannot. */
const loadable: readonly { readonly what: string; readonly files: Readonly<Record<string, string>> }[] = [
  { what: 'an ES module', files: { 'subject.mjs': `export default ${BODY}` } },
  { what: 'a CommonJS module', files: { 'subject.cjs': `module.exports = ${BODY}` } },
  {
    what: 'CommonJS as compilers write it',
    files: { 'subject.cjs': `exports.__esModule = true; exports.default = ${BODY}` },
  },
  {
    what: 'TypeScript with types',
    files: { 'subject.ts': `const name: string = 'loaded'\nexport default { name, ${OPEN} }` },
  },
  {
    what: 'TypeScript with an enum',
    files: { 'subject.ts': `enum Name { Ours = 'loaded' }\nexport default { name: Name.Ours as string, ${OPEN} }` },
  },
  {
    what: 'imports that say .js and mean .ts',
    files: {
      'subject.ts': `import { name } from './name.js'\nexport default { name, ${OPEN} }`,
      'name.ts': "export const name: string = 'loaded'",
    },
  },
  {
    what: 'imports without an extension',
    files: {
      'subject.ts': `import { name } from './name'\nexport default { name, ${OPEN} }`,
      'name.ts': "export const name: string = 'loaded'",
    },
  },
  {
    what: 'TypeScript with import and export in a CommonJS package',
    files: {
      'package.json': '{ "type": "commonjs" }',
      'subject.ts': `import { name } from './name'\nexport default { name, ${OPEN} }`,
      'name.ts': "export const name: string = 'loaded'",
    },
  },
]

describe('loadSubject', () => {
  it.each(loadable)('loads $what', async ({ files }) => {
    const path = written(files)
    expect(await inPlainNode(path)).toEqual({ name: 'loaded', module: pathToFileURL(path).href })
  })

  it('takes URLs and keeps their query', async () => {
    const url = `${pathToFileURL(written({ 'subject.mjs': 'export default { name: import.meta.url, open() {} }' })).href}?a=1`
    expect(await inPlainNode(url)).toEqual({ name: url, module: url })
  })

  it('takes paths from the current directory', async () => {
    expect(await loadSubject('test-harness/subjects/memory.subject.ts')).toMatchObject({ name: 'memory' })
  })

  it.each([
    { what: 'no file', files: {}, message: /there is no file .*subject\.mjs$/ },
    { what: 'no default export', files: { 'subject.mjs': 'export const name = 1' }, message: /has no default export/ },
    {
      what: 'a default export that is no subject',
      files: { 'subject.mjs': 'export default 1' },
      message: /is no subject/,
    },
    { what: 'an empty CommonJS module', files: { 'subject.cjs': '' }, message: /is no subject/ },
    { what: 'text that is no program', files: { 'subject.mjs': 'export default {' }, message: /cannot be loaded: / },
    {
      what: 'an import of nothing',
      files: { 'subject.mjs': "import './nothing.js'" },
      message: /cannot be loaded: .*nothing\.js/,
    },
  ])('refuses $what', async ({ files, message }) => {
    const error = await inPlainNode(written(files)).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ERR_INVALID_OPTION', message: expect.stringMatching(message) })
  })

  it('passes on what the module itself throws', async () => {
    const path = written({ 'subject.mjs': "throw new TypeError('no such server')" })
    await expect(inPlainNode(path)).rejects.toMatchObject({ name: 'TypeError', message: 'no such server' })
  })
})

let projects = 0

/** Writes a project of its own and gives the path of its subject. */
function written(files: Readonly<Record<string, string>>): string {
  const project = join(directory, String(++projects))
  mkdirSync(project)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text)
  return join(project, Object.keys(files).find((name) => name.startsWith('subject')) ?? 'subject.mjs')
}
