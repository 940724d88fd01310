import { record, sessionId, version } from '@leeway/testing/records'
import { describe, expect, it, test } from 'vitest'
import { redisStore } from '../index.ts'
import { sharedServer } from '../testing/support.ts'
import { Keys } from './keys.ts'

const { client } = await sharedServer()

/** Beside these, names that a careless pattern takes for theirs. */
const prefixes: [prefix: string, others: string[]][] = [
  ['leeway:', ['leeway', 'xleeway:', 'leeway:x:']],
  ['', ['x', '*']],
  ['*', ['x', 'xx']],
  ['?', ['x', 'y']],
  ['[ab]', ['a', 'b']],
  ['[^a]', ['b', '^']],
  ['[a-c]', ['b', '-']],
  ['a\\*', ['a*', 'a\\x', 'ax']],
  ['\\', ['\\\\']],
  ['{tag}:', ['tag:', '{tag']],
  ['}{', ['{}']],
  ['é\u{1F600}:', ['é:', 'e\u{1F600}:']],
  [' \n\0', [' ', ' \n']],
]

async function namesOf(prefix: string): Promise<string[]> {
  const page = await redisStore({ client, prefix }).list?.({ limit: 100 })
  expect(page?.cursor).toBe(undefined)
  return (page?.sessions ?? []).map(({ id }) => id).sort()
}

const soon = () => ({ expiresAt: Date.now() + 30_000, purgeAt: Date.now() + 60_000 })

describe('a prefix', () => {
  it.each(prefixes)('%j keeps its sessions apart from those of others', async (prefix, others) => {
    await client.flushdb()
    const store = redisStore({ client, prefix })
    const session = record('mine', { owner: 'alice', ...soon() })
    expect(await store.create(session)).toBe('created')
    for (const [number, other] of others.entries()) {
      const neighbour = redisStore({ client, prefix: other })
      expect(await neighbour.create(record(`other${number}`, { owner: 'alice', ...soon() }))).toBe('created')
      expect(await neighbour.load(session.id)).toBe(undefined)
      expect(await namesOf(other)).toEqual([sessionId(`other${number}`)])
    }
    expect(await client.get(`${prefix}default:${session.id}`)).not.toBe(null)
    expect(await namesOf(prefix)).toEqual([session.id])
    expect((await store.list?.({ owner: 'alice', limit: 10 }))?.sessions.map(({ id }) => id)).toEqual([session.id])
    expect(await store.load(session.id)).toEqual(session)
    expect(await store.update({ ...session, version: version(2) }, session.version)).toBe('saved')
    expect(await store.destroy(session.id)).toBe('destroyed')
    expect(await namesOf(prefix)).toEqual([])
  })
})

test('a list of all has sessions only: no owners, no keys of others, none of another namespace', async () => {
  await client.flushdb()
  const store = redisStore({ client, namespace: 'a' })
  const [session, other] = [record('x', soon()), record('y', soon())]
  await store.create(session)
  await redisStore({ client, namespace: 'b' }).create(other)
  await redisStore({ client, namespace: 'a-b' }).create(other)
  // Owners whose entry in the index is as long as a session's name, or is one.
  for (const [number, owner] of ['x'.repeat(20), sessionId('z'), ''].entries()) {
    await store.create(record(`owned${number}`, { owner, ...soon() }))
    await store.destroy(sessionId(`owned${number}`))
  }
  for (const name of ['X'.repeat(26), '_'.repeat(26), '0'.repeat(25), '0'.repeat(27), ` ${'0'.repeat(25)}`]) {
    await client.set(`leeway:a:${name}`, 'not a session')
  }
  const page = await store.list?.({ limit: 100 })
  expect(page?.sessions.map(({ id }) => id)).toEqual([session.id])
})

test('an owner may be any text, and has its own sessions only', async () => {
  await client.flushdb()
  const store = redisStore({ client })
  const owners = [
    'alice',
    'Alice',
    'alice ',
    '',
    ' ',
    ':',
    'a:b',
    'owner:a',
    '*',
    '?',
    '[a]',
    '{x}',
    '}',
    '\0',
    '\n',
    'é',
    'e\u0301',
  ]
  const others = [
    '\u{1F600}',
    'x'.repeat(255),
    '\u20ac'.repeat(255),
    sessionId(0),
    'undefined',
    'null',
    '---',
    '\\',
    '"',
    '__proto__',
  ]
  const all = [...owners, ...others]
  for (const [number, owner] of all.entries()) await store.create(record(number, { owner, ...soon() }))
  await store.create(record('nobody', soon()))
  for (const [number, owner] of all.entries()) {
    const page = await store.list?.({ owner, limit: 10 })
    expect(page?.sessions.map((session) => [session.id, session.owner])).toEqual([[sessionId(number), owner]])
  }
})

test('names of sessions are told from names of anything else', () => {
  const keys = new Keys('a*b:', 'ns')
  expect(keys.session(sessionId(1))).toBe(`a*b:ns:${sessionId(1)}`)
  expect(keys.idOf(`a*b:ns:${sessionId(1)}`)).toBe(sessionId(1))
  for (const name of [
    '',
    'a*b:ns:',
    `axb:ns:${sessionId(1)}`,
    `a*b:ns:${sessionId(1)}x`,
    keys.owner(sessionId(1)),
    keys.owner(''),
  ]) {
    expect(keys.idOf(name)).toBe(undefined)
  }
})
