import type { PeerFindings } from './page.ts'

interface Parts {
  readonly today: string
  readonly servers: readonly string[]
  readonly tried: readonly PeerFindings[]
  readonly table: readonly string[]
  readonly findings: readonly string[]
  readonly noNotion: readonly string[]
  readonly notAsked: readonly string[]
}

/** docs/peers-under-the-kit.md. */
export function text({ today, servers, tried, table, findings, noNotion, notAsked }: Parts): string {
  return `# Peers under the conformance kit

Stores for express-session, run against the rules of the [conformance kit](../test-harness/README.md) that their API can
express. This page is written by \`node peers/run.mjs\`, which installs them, starts the servers and takes some minutes;
\`node peers/run.mjs session-file-store orders\` runs one check on one store and prints what it finds. On ${today},
Node ${process.version.slice(1)}, ${servers.join(', ')}. [What else is known of them](peers.md).

## What was found

${table.join('\n')}

**fail**: at least one of the rules, or the check, is broken; what happened stands [below](#each-finding). – : the store or
its API has [no notion of it](#no-notion-of-it). The first rows are the kit's own rules; the rows with a name in brackets are
checks in the terms of express-session's API, and \`rules\` says which of the kit's ask the same of leeway's stores. Their
column is the kit's verdict on those rules, for leeway's stores in memory, on SQLite, on files and on Redis, on leeway's own
contract; what sweeps does not apply to Redis.

express-session's documentation does not say what holds at the very instant of the expiry; its own MemoryStore refuses from
then on, and \`expiry\` asks that of all. How far another store is from it stands in the table. leeway's stores have no
opinion about it: GRACE-001 holds them to that, and its core refuses from the instant on, the same for all.

## How it was done

Each store is used in two ways.

**As leeway's contract on top of it**, for the kit's own rules. The record's fields are keys of the session, its expiry is
\`cookie.expires\`. \`load\` is \`get\`; \`update\` is \`get\`, compare, \`set\` (a *guarded save*); \`touch\` is \`get\`, compare,
\`touch\`; \`destroy\` is \`get\`, \`destroy\`. That is the most that can be made of the API. The kit then runs every order of the
calls of two operations, and prints the first that fails.

**As express-session uses it**, for the checks: a request's load is \`get\`, its save is \`set\`, and nothing is compared. This is
the API as it is meant, so a \`set\` that brings a destroyed session back does what it is documented to do.

| store | opened with |
|---|---|
${tried.map(openedWith).join('\n')}

- **Time.** \`Date\` stands and moves with the kit's clock in the process that runs the store. SQLite's \`datetime('now')\` in
  better-sqlite3-session-store is answered by SQLite for the clock's time. On Redis, before each command the time to live of
  each key is shortened by what the clock has moved; real time passes there too, so its boundary is measured to 20 ms.
- **Steps.** A call of a store is one step where it is one statement, command or synchronous piece of code, as in all but
  session-file-store; there, each \`readdir\`, \`readFile\`, \`open\`, \`rename\` and \`unlink\` is a step.
- **Crash.** A process that saves without a pause is killed 20 times, and the sessions are read by another.
- **Errors.** As in express-session, an error with the code \`ENOENT\` from \`get\` or \`touch\` is "no session".

## Each finding

The lines are the calls in the order in which they went on; \`update: get\` is the \`get\` of the operation \`update\`.

${findings.join('\n')}
## No notion of it

Held against nobody. Of the checks:

${noNotion.join('\n')}

Of the kit's rules, how many of each name no row of the table asks, and what they take that the API has no notion of:

${notAsked.join('\n')}

## The limits of this

- A pass says that these orders and values have broken nothing, in one process on one machine; nothing was measured on
  Windows or macOS, on a cluster or after a power cut, and the kills are too few to show what is rare.
- Faked time shows what a store computes. It does not show how late a timer runs or how far two clocks are apart.
- Ids come to a store from a signed cookie. The checks of ids matter to those who use a generator of their own, and where
  the secret is known.
- Only one set of options was run for each store. What a store does not offer through express-session's API, such as its
  own tables or commands, was not used to make it pass.
- The guarded save and the checks are our code. Each failure was looked up in the store's source, and the line that
  explains it stands with it.
`
}

function openedWith({ peer, versions, findings }: PeerFindings): string {
  return `| ${versions} | ${'missing' in findings ? `not run: ${findings.missing}` : peer.how} |`
}
