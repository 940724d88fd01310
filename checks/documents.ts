import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { published } from '../scripts/packages.mjs'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** A fenced block of a document. `info` is what stands behind the fence: `ts`, `ts server`, `sh`, ... */
export interface Snippet {
  readonly file: string
  readonly line: number
  readonly info: string
  readonly code: string
}

export function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

/** The documents whose snippets are run. */
export function documents(): string[] {
  const packages = [...published, 'examples/express', 'examples/frameworks', 'examples/custom-store']
  const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
  return ['README.md', ...packages.map((folder) => `${folder}/README.md`), ...pages.map((page) => `docs/${page}`)]
}

export function snippets(file: string): Snippet[] {
  const found: Snippet[] = []
  let open: { line: number; info: string; code: string[] } | undefined
  for (const [index, text] of read(file).split('\n').entries()) {
    if (open && text === '```') {
      found.push({ file, line: open.line, info: open.info, code: `${open.code.join('\n')}\n` })
      open = undefined
    } else if (open) open.code.push(text)
    else if (text.startsWith('```')) open = { line: index + 1, info: text.slice(3), code: [] }
  }
  return found
}

/** The examples in the doc comments of a source file that are whole programs, told by their import. */
export function docExamples(file: string): Snippet[] {
  const found: Snippet[] = []
  for (const { 0: comment, index } of read(file).matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const text = comment.replace(/^\s*\/?\*+\/? ?/gm, '').replace(/\*\/$/, '')
    const code = /@example\n([\s\S]*?)(?=\n@|$)/.exec(text)?.[1] ?? ''
    const line = read(file).slice(0, index).split('\n').length
    if (code.startsWith('import ')) found.push({ file, line, info: 'ts', code })
  }
  return found
}

/** The recipes of docs/fetch.md, by the path that each names in its first line. */
export function recipes(): Record<string, string> {
  const named = snippets('docs/fetch.md').filter(({ info }) => info.startsWith('ts '))
  return Object.fromEntries(
    named.map(({ code, line }) => {
      const path = /^\/\/ (\S+\.ts)\n/.exec(code)?.[1]
      if (path === undefined) throw new Error(`docs/fetch.md:${line} does not begin with its path`)
      return [path, code]
    }),
  )
}

/** The one example in the README that is a whole server. */
export function readmeExample(): string {
  return readmeSnippet('ts server')
}

/** The same on another store: the README has its reader put these lines in place of the import and of `const sessions`. */
export function readmeExampleOn(store: 'files' | 'redis'): string {
  const lines = readmeExample().split('\n')
  const other = readmeSnippet(`ts ${store}`).trimEnd().split('\n')
  const put = (start: string, given: string[]) => {
    const at = lines.findIndex((one) => one.startsWith(start))
    if (at < 0 || !given.every((line) => line.startsWith(start.slice(0, 6)))) {
      throw new Error(`the README's examples differ in ${start}`)
    }
    lines.splice(at, 1, ...given)
  }
  put('import { sqliteStore }', other.slice(0, -1))
  put('const sessions = ', other.slice(-1))
  return lines.join('\n')
}

function readmeSnippet(wanted: string): string {
  const [example, ...more] = snippets('README.md').filter(({ info }) => info === wanted)
  if (!example || more.length > 0) throw new Error(`the README does not have one \`${wanted}\` snippet`)
  return example.code
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** A GET that waits for a server that is only just starting, for ten seconds at most. */
export async function get(url: string, cookie = ''): Promise<Response> {
  for (let tries = 0; ; tries++) {
    try {
      return await fetch(url, { headers: { cookie } })
    } catch (error) {
      if (tries >= 200) throw error
      await delay(50)
    }
  }
}
