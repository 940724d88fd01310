import type { RedisClient } from '@leeway/redis'
import type { Turns } from './every-call.ts'

/** The keys that a command looks at and those that it may change. */
export interface KeysOf {
  readonly reads: readonly string[]
  readonly writes: readonly string[]
}

type Method = (...given: unknown[]) => Promise<unknown>
type Given = readonly unknown[]
type Command = (typeof COMMANDS)[number]

/** All that a store sends; nothing else is there, so that nothing is sent beside the schedule. */
const COMMANDS = ['get', 'getrange', 'del', 'evalsha', 'eval', 'scan'] as const
const EVERY_KEY = '*'
/** What the server remembers of scripts, as if it were a key. */
const SCRIPTS = 'scripts'

/** A client each of whose commands is sent when its turn comes. */
export function steppedClient(client: RedisClient, actor: string, turns: Pick<Turns<KeysOf>, 'schedule'>): RedisClient {
  return clientWith(
    client,
    (command, given, send) =>
      new Promise((resolve, reject) => {
        const go = async () => {
          const answer = send()
          answer.then(resolve, reject)
          await answer.catch(() => {})
        }
        turns.schedule({ actor, what: `${actor} ${brief(command, given)}`, footprint: keysOf(command, given), go })
      }),
  )
}

/**
 * A client whose process dies once so many commands have been answered, before it sends another: the connection is
 * closed for good.
 *
 * @param sending how commands are sent until then
 */
export function dyingClient(connection: RedisClient, afterCommands: number, sending = connection): DyingClient {
  let sent = 0
  const client = clientWith(sending, (command, given, send) => {
    if (sent++ < afterCommands) return send()
    connection.disconnect?.()
    return methodOf(connection, command).apply(connection, [...given])
  })
  return { client, isDead: () => sent > afterCommands }
}

export interface DyingClient {
  readonly client: RedisClient
  readonly isDead: () => boolean
}

/** A client that keeps the text of every script that it had to tell the server. */
export function recordingClient(client: RedisClient, scripts: Set<string>): RedisClient {
  return clientWith(client, (command, given, send) => {
    if (command === 'eval') scripts.add(String(given[0]))
    return send()
  })
}

/** `SCRIPT FLUSH` as a step of its own. */
export function flushInTurn(flush: () => Promise<unknown>, actor: string, turns: Turns<KeysOf>): void {
  const go = async () => void (await flush())
  turns.schedule({ actor, what: `${actor} SCRIPT FLUSH`, footprint: { reads: [], writes: [SCRIPTS] }, go })
}

/** Whether neither changes what the other looks at or changes. */
export function commute(one: KeysOf, other: KeysOf): boolean {
  return !concerns(one, other) && !concerns(other, one)
}

function concerns({ writes }: KeysOf, { reads, writes: alsoWrites }: KeysOf): boolean {
  const touched = [...reads, ...alsoWrites]
  return writes.some((key) => touched.includes(key) || (touched.includes(EVERY_KEY) && key !== SCRIPTS))
}

/** A script is taken for one that writes, and a whole script for one that changes what the server remembers. */
function keysOf(command: Command, given: Given): KeysOf {
  switch (command) {
    case 'get':
    case 'getrange':
      return { reads: [String(given[0])], writes: [] }
    case 'del':
      return { reads: [], writes: [String(given[0])] }
    case 'evalsha':
      return { reads: [SCRIPTS], writes: [String(given[2])] }
    case 'eval':
      return { reads: [], writes: [SCRIPTS, String(given[2])] }
    case 'scan':
      return { reads: [EVERY_KEY], writes: [] }
  }
}

function clientWith(
  client: RedisClient,
  send: (command: Command, given: Given, go: () => Promise<unknown>) => Promise<unknown>,
): RedisClient {
  const commands: Partial<Record<Command, Method>> = {}
  for (const command of COMMANDS) {
    const method = methodOf(client, command)
    commands[command] = (...given) => send(command, given, () => method.apply(client, given))
  }
  return commands as unknown as RedisClient
}

function methodOf(client: RedisClient, command: Command): Method {
  return client[command] as Method
}

function brief(command: Command, given: Given): string {
  const [first, , key, ...rest] = given.map(String)
  if (command === 'evalsha' || command === 'eval')
    return `${command} ${first?.slice(0, 6)} on ${key}: ${rest.join(' ')}`
  return `${command} ${first}`
}
