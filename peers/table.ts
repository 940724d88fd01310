// Runs stores for express-session under the conformance kit. Without arguments it writes docs/peers-under-the-kit.md;
// with names of stores, rules, checks or replay ids it prints what it finds about them. `run.mjs` installs and starts it.
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { startRedis } from '../testing/src/index.ts'
import { leewayVerdicts } from './leeway.ts'
import { connectPgPeer } from './on-servers.ts'
import { findingsSection, noNotionLines, notAskedLines, type PeerFindings, tableLines } from './page.ts'
import type { Peer, Services } from './peer.ts'
import { peers, versionOf } from './peers.ts'
import { startPostgres } from './postgres.ts'
import { text } from './text.ts'
import { tryPeer } from './try-peer.ts'

const load = createRequire(new URL('package.json', import.meta.url))
const given = process.argv.slice(2)
const named = peers.filter(({ title }) => given.includes(title))
const only = given.filter((name) => !named.some(({ title }) => title === name))
const today = new Date().toISOString().slice(0, 10)

const redis = await startRedis()
const postgres = await startPostgres().catch((error: Error) => ({ missing: error.message }))
const services: Services = { load, kills: 20, redisUrl: redis.url, postgres }
try {
  const tried: PeerFindings[] = []
  for (const peer of named.length > 0 ? named : peers) {
    console.log(`${peer.title} ...`)
    tried.push(await findingsOf(peer))
  }
  if (given.length > 0) print(tried)
  else {
    console.log('leeway ...')
    const leeway = await leewayVerdicts(redis.url)
    const page = text({
      today,
      servers: [`Redis ${redis.version}`, 'missing' in postgres ? postgres.missing : `PostgreSQL ${postgres.version}`],
      tried,
      table: tableLines(tried, leeway),
      findings: findingsSection(tried),
      noNotion: noNotionLines(tried),
      notAsked: notAskedLines(),
    })
    writeFileSync(new URL('../docs/peers-under-the-kit.md', import.meta.url), page)
  }
} finally {
  await redis.stop()
  if ('stop' in postgres) await postgres.stop()
}

async function findingsOf(peer: Peer): Promise<PeerFindings> {
  const packages = [peer.name, peer.driver].filter((name) => name !== undefined)
  const missing = packages.find((name) => versionOf(name, load) === undefined)
  if (missing !== undefined) {
    return { peer, versions: peer.name, findings: { missing: `${missing} could not be installed` } }
  }
  const versions = packages.map((name) => `${name} ${versionOf(name, load)}`).join(', ')
  if (peer === connectPgPeer && 'missing' in postgres) return { peer, versions, findings: postgres }
  const findings = await tryPeer(peer, services, only)
  const error = findings.find(({ verdict }) => verdict === 'error')
  if (error && given.length === 0) throw new Error(`${peer.title}, ${error.of}: ${error.message}`)
  return { peer, versions, findings }
}

function print(tried: readonly PeerFindings[]): void {
  for (const { peer, versions, findings } of tried) {
    console.log(`\n${peer.title} (${versions})`)
    if ('missing' in findings) console.log(`  not run: ${findings.missing}`)
    else {
      for (const { of, verdict, message, expected, actual, trace = [], replay } of findings) {
        console.log(`  ${verdict.padEnd(9)} ${of}${message === undefined ? '' : `: ${message}`}`)
        if (expected !== undefined) console.log(`            expected: ${expected}`)
        if (actual !== undefined) console.log(`            actual:   ${actual}`)
        for (const line of verdict === 'pass' ? [] : trace) console.log(`            ${line}`)
        if (replay !== undefined) console.log(`            again: ${replay}`)
      }
    }
  }
}
