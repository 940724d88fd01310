import { createRequire } from 'node:module'
import { startRedis } from '@leeway/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { cellOf, rows } from '../peers/page.ts'
import { peers, versionOf } from '../peers/peers.ts'
import { tryPeer } from '../peers/try-peer.ts'
import { rules } from '../test-harness/src/index.ts'
import { read } from './documents.ts'

// The peers that the workspace installs for its benchmarks. The others are installed by the command that writes the page.
const load = createRequire(new URL('../benchmarks/package.json', import.meta.url))
const { devDependencies } = JSON.parse(read('benchmarks/package.json')) as { devDependencies: object }
const installed = peers.filter((peer) =>
  [peer.name, peer.driver].every((name) => name === undefined || Object.hasOwn(devDependencies, name)),
)
const redis = await startRedis()
afterAll(() => redis.stop())

const page = read('docs/peers-under-the-kit.md')
const table = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.slice(2, -2).split(' | '))
const [heads = []] = table

describe('docs/peers-under-the-kit.md', () => {
  test('five of its stores are here to be tried', () => {
    expect(installed).toHaveLength(5)
  })

  test.each(installed)('tells of $title what is found now', { timeout: 60_000 }, async (peer) => {
    const findings = await tryPeer(peer, { load, kills: 2, redisUrl: redis.url })
    const column = heads.indexOf(peer.title)
    const told = rows.map(({ title }) => [title, verdict(table.find(([head]) => head === title)?.[column])])
    expect(told).toEqual(rows.map(({ title, of }) => [title, verdict(cellOf(findings, of))]))
  })

  test.each(installed)('names the version of $title that the workspace has', ({ name }) => {
    expect(page).toContain(`| ${name} ${versionOf(name, load)}`)
  })

  test('names no rule that does not exist', () => {
    const ids = new Set(rules.map(({ id }) => id))
    const named = page.match(/\b[A-Z]+-\d{3}\b/g) ?? []
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter((id) => !ids.has(id))).toEqual([])
  })
})

/** Without how far off it is, which is measured on a busy machine. */
function verdict(cell: string | undefined): string | undefined {
  return cell?.replace(/ \(.*\)$/, '')
}
