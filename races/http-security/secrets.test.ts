import { fork } from 'node:child_process'
import { globSync, readFileSync, statSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { EVENT_NAMES } from '@leeway/core'
import { startRedis } from '@leeway/testing'
import { expect, test } from 'vitest'
import { redisPlace } from '../redis-place.ts'
import { scratchDirectory } from '../scratch.ts'
import { type LeewayKind, leewayKinds } from '../stores.ts'
import { dropIns, natives } from './applications.ts'

const directory = scratchDirectory()
const all = Object.keys({ ...natives, ...dropIns })
/** What a store or a binding gives away does not depend on the other. */
const few = ['node:http', 'express-session']

test.each(leewayKinds)('no secret is in an event, an error, a log or the store, with %s', async (kind) => {
  const { place, contents } = await placeFor(kind)
  const names = kind === 'sqlite' ? all : few
  const { printed, secrets, hashes } = await scenarios(kind, place, names)
  const kept = await contents()
  console.log(`${kind}: ${secrets.length} secrets, ${printed.length} characters printed, ${kept.length} bytes kept`)

  expect(secrets.flatMap((secret) => found(secret, printed + kept))).toEqual([])
  // Nothing was looked for in the wrong place: every event but those of overwrites was there, and the hashes are stored.
  const missing = EVENT_NAMES.filter((name) => !printed.includes(name))
  expect([missing, secrets.length >= 5 * names.length]).toEqual([['leeway:session:overwrite'], true])
  if (kind === 'memory') return
  expect(kept).toContain('kept in the clear')
  expect(hashes.filter((hash) => kept.includes(hash)).length).toBe(names.filter((name) => name in natives).length)
})

test.each(['raw', 'base64', 'base64url', 'hex', 'bytes in hex', 'percent', 'utf16le'])(
  'a secret that is there is found: %s',
  (spelling) => {
    const secret = 'Zm9v-YmFy_YmF6cXV4cXV1eGNvcmdlZ3Jh'.slice(0, 32)
    const planted: Record<string, string> = {
      raw: secret,
      base64: Buffer.from(`{"sid":"${secret}"}`).toString('base64'),
      base64url: Buffer.from(`id.${secret}`).toString('base64url'),
      hex: Buffer.from(secret).toString('hex'),
      'bytes in hex': Buffer.from(secret, 'base64url').toString('hex').toUpperCase(),
      percent: [...secret].map((character) => `%${character.charCodeAt(0).toString(16)}`).join(''),
      utf16le: Buffer.from(secret, 'utf16le').toString('latin1'),
    }
    expect(found(secret, `before${planted[spelling]}after`)).not.toEqual([])
    expect(found(secret, `before${planted[spelling]?.slice(0, -12)}after`)).toEqual([])
  },
)

/** The spellings of a secret that a text holds. */
function found(secret: string, text: string): string[] {
  const bytes = [Buffer.from(secret), Buffer.from(secret, 'base64url')].map((one) => one.toString('hex'))
  const percent = Buffer.from(secret).toString('hex').replace(/../g, '%$&')
  const spellings = [
    ...[secret, encodeURIComponent(secret), Buffer.from(secret, 'utf16le').toString('latin1')],
    ...[0, 1, 2].flatMap((at) => encoded(secret, at)),
    ...[...bytes, percent].flatMap((one) => [one, one.toUpperCase()]),
  ]
  return spellings.filter((one) => text.includes(one))
}

/** As base64 has it in the middle of something longer, at one of three places; without the characters that others share. */
function encoded(secret: string, at: number): string[] {
  const bytes = Buffer.from('\0'.repeat(at) + secret)
  const text = bytes.toString('base64url').slice(at === 0 ? 0 : at + 1, -2)
  return [text, text.replaceAll('-', '+').replaceAll('_', '/')]
}

interface Told {
  readonly secrets: readonly string[]
  readonly hashes: readonly string[]
}

async function scenarios(
  kind: LeewayKind,
  place: string,
  names: readonly string[],
): Promise<Told & { readonly printed: string }> {
  const child = fork(new URL('secrets-process.ts', import.meta.url), [kind, place, ...names], {
    execArgv: ['--conditions=@leeway/source'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const told = new Promise<Told>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Told))
    child.once('exit', (code) => reject(new Error(`the process ended with ${code}`)))
  })
  if (!child.stdout || !child.stderr) throw new Error('nothing of what it prints can be read')
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return {
    ...(await told.catch((error) => Promise.reject(new Error(`${error.message}: ${err.slice(-2_000)}`)))),
    printed: out + err,
  }
}

/** Where a store keeps its records, and a way to all that is there: every byte, and the names of files and keys. */
async function placeFor(kind: LeewayKind): Promise<{ place: string; contents: () => Promise<string> }> {
  if (kind !== 'redis') {
    const place = `${directory}/${kind}`
    return { place, contents: async () => filesIn(`${directory}/${kind}{,-*}`) + filesIn(`${place}/**/*`) }
  }
  const server = await startRedis({ appendonly: 'always', args: ['--rdbcompression', 'no'] })
  const contents = async () => {
    const keys = (await server.command('KEYS', '*')) as string[]
    const values = await Promise.all(keys.map((key) => server.command('DUMP', key).catch(() => '')))
    await server.command('SAVE')
    const files = filesIn(`${server.directory}/**/*`)
    await server.stop()
    return [...keys, ...values.map(String), files].join('\n')
  }
  return { place: redisPlace(server.url, 'secrets'), contents }
}

function filesIn(pattern: string): string {
  const names = globSync(pattern)
  return names.map((name) => `${name}\n${statSync(name).isFile() ? readFileSync(name, 'latin1') : ''}`).join('\n')
}
