// Saves sessions without a pause and tells of each that it is saved, until it is killed. Arguments: peer, directory, base.
import { writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { sessionOf, set } from './express-api.ts'
import { expressSession } from './peer.ts'
import { peers } from './peers.ts'

const [name, directory = '', base = ''] = process.argv.slice(2)
const peer = peers.find((one) => one.name === name)
if (!peer) throw new Error(`there is no peer ${name}`)
const services = { load: createRequire(base), kills: 0 }
const { store } = await peer.open(directory, services)
const { Cookie } = expressSession(services)
for (let n = 1; ; n++) {
  const session = sessionOf(Cookie, { n, filling: String(n % 10).repeat(5_000) }, Date.now() + 3_600_000)
  await set(store, `session-${n % 3}`, session)
  writeSync(1, `${n}\n`)
}
