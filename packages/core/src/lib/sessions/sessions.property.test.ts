import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { encryptedCodec } from '../data/encrypted-codec.ts'
import { isLeewayError } from '../errors.ts'
import { type ManualClock, manualClock } from '../manual-clock.ts'
import { memoryStore } from '../memory-store.ts'
import type { StoredSession } from '../store.ts'
import { Model } from '../testing-model.ts'
import type { Answer, ModelHandle, Retiming, Values } from '../testing-model-parts.ts'
import type { Session } from './session.ts'
import type { SaveResult } from './session-types.ts'
import { createSessions } from './sessions.ts'
import type { Sessions, SessionsOptions } from './sessions-api.ts'

const SPANS = { idle: 1000, absolute: 4000, grace: 300, touch: 100, overlap: 50 }
const FIRST = 200
const BROWSERS = 2
const HANDLES = 6
const RUNS = 1500

/** Mostly moments, sometimes so much that something ends with it, and then to the millisecond. */
const ends = [FIRST, SPANS.touch, SPANS.overlap, SPANS.grace, SPANS.idle, SPANS.idle + SPANS.grace, SPANS.absolute]
const spanOfTime = fc.oneof(
  { arbitrary: fc.constantFrom(0, 1, 10, 20), weight: 4 },
  { arbitrary: fc.constantFrom(...ends.flatMap((span) => [span - 1, span, span + 1])), weight: 1 },
)

interface Handle {
  readonly session: Session<Values>
  readonly model: ModelHandle
  readonly browser: number
  /** Set or deleted something since the last write: saving may write the same data in another order. */
  edited: boolean
}

interface World {
  readonly format: Format
  readonly clock: ManualClock
  readonly records: Map<string, StoredSession>
  readonly processes: readonly Sessions<Values>[]
  readonly model: Model
  readonly handles: Handle[]
  /** Every token that a browser ever received, its cookie last. */
  readonly jars: string[][]
  readonly outcomes: Set<string>
}

/** Ways of storing data that must make no difference. */
interface Format {
  readonly options: Partial<SessionsOptions<Values>>
  /** The data of a stored text. */
  readonly read: (text: string, id: string) => unknown
}

interface Command {
  readonly run: (world: World) => Promise<void>
  [fc.toStringMethod](): string
}

/** A command that a counterexample shows as `text`. */
const command = (text: string, run: Command['run']): Command => ({ run, [fc.toStringMethod]: () => text })

const index = fc.nat(1000)
const key = fc.constantFrom('a', 'b', 'c')
const owner = fc.constantFrom('alice', 'bob')

function at<Item>(items: readonly Item[], i: number): Item | undefined {
  return items[i % Math.max(items.length, 1)]
}

/** What comes up in every test run; were one of these missing, the model would not have been compared there. */
const OUTCOMES = {
  open: ['nothing', 'current', 'pending', 'previous', 'a dead token'],
  save: ['saved', 'touched', 'unchanged', 'superseded', 'gone', 'ERR_CONFLICT'],
  update: ['stored', 'ERR_GONE', 'ERR_SUPERSEDED'],
  peek: ['stored', 'ERR_GONE', 'ERR_SUPERSEDED'],
  login: ['saved', 'ERR_CONFLICT', 'ERR_REVOKED'],
  rotate: ['saved', 'unchanged', 'superseded', 'gone'],
  destroy: ['destroyed', 'gone'],
  revokeAll: ['some', 'none'],
}

/** Runs an operation of a handle, and the model's; then the browser receives what there is to receive. */
function onHandle(
  name: string,
  act: (session: Session<Values>, now: number) => Promise<unknown>,
  predict: (model: Model, handle: Handle, now: number, actual: Answer, id: string) => Answer,
): fc.Arbitrary<Command> {
  return index.map((i) =>
    command(`${name} ${i}`, async (world) => {
      // Handles of ended sessions come up as well, but less often.
      const lasting = world.handles.filter(({ model }) => !model.ended)
      const handle = at(i % 5 === 0 ? world.handles : lasting, i)
      if (!handle) return
      const now = world.clock.now()
      const actual = await act(handle.session, now).then(answered, refused)
      const expected = predict(world.model, handle, now, actual, handle.session.id)
      expect(actual).toEqual(expected)
      world.outcomes.add(`${name} ${'code' in actual ? actual.code : 'status' in actual ? actual.status : 'stored'}`)
      if ('token' in actual && actual.token !== null) world.jars[handle.browser]?.push(actual.token)
      expect(handle.session.data).toEqual(handle.model.data)
      const { seen } = handle.model
      if (seen) {
        const { owner: name, expiresAt, purgeAt, absoluteAt: absoluteExpiresAt } = seen
        expect(visible(handle.session)).toEqual({
          owner: handle.model.ended ? null : name,
          expiresAt,
          purgeAt,
          absoluteExpiresAt,
        })
      }
    }),
  )
}

function answered(value: unknown): Answer {
  const result = value as Partial<SaveResult> | Values
  return 'status' in result && typeof result.status === 'string'
    ? { status: result.status, token: (result as SaveResult).token ?? null }
    : { data: result as Values }
}

function refused(error: unknown): Answer {
  if (!isLeewayError(error)) throw error
  return { code: error.code, ...(error.keys && { keys: [...error.keys].sort() }) }
}

/** What a handle shows of its session, as last seen. */
function visible({ owner: name, expiresAt, purgeAt, absoluteExpiresAt }: Session<Values>) {
  return { owner: name, expiresAt, purgeAt, absoluteExpiresAt }
}

function tokenOf(answer: Answer): string | null {
  return 'token' in answer ? answer.token : null
}

const open = fc.record({ browser: fc.nat(BROWSERS - 1), old: fc.option(index, { freq: 3 }), process: fc.nat(1) }).map(
  ({ browser, old, process }): Command =>
    command(`open ${browser}${old === null ? '' : ` old ${old}`} in ${process}`, async (world) => {
      const jar = world.jars[browser] ?? []
      const token = old === null ? jar.at(-1) : at(jar, old)
      const now = world.clock.now()
      const as = token === undefined ? 'nothing' : (world.model.lookUp(token, now)?.as ?? 'a dead token')
      const session = await (world.processes[process] as Sessions<Values>).open(token)
      const model = world.model.open(token, now)
      world.outcomes.add(`open ${as}`)
      expect(session.isNew).toBe(model.session === null)
      expect(session.data).toEqual(model.data)
      if (model.session) {
        const { id, owner: name, expiresAt, purgeAt, absoluteAt: absoluteExpiresAt } = model.session
        expect({ id: session.id, ...visible(session) }).toEqual({
          id,
          owner: name,
          expiresAt,
          purgeAt,
          absoluteExpiresAt,
        })
      }
      world.handles.push({ session, model, browser, edited: false })
      if (world.handles.length > HANDLES) world.handles.shift()
    }),
)

const edit = fc.record({ i: index, key, value: fc.option(fc.nat(2)) }).map(
  ({ i, key: name, value }): Command =>
    command(`edit ${i} ${name} ${value}`, async ({ handles }) => {
      const handle = at(handles, i)
      if (!handle) return
      handle.edited = true
      for (const { data } of [handle.session, handle.model]) {
        if (value === null) delete data[name]
        else data[name] = value
      }
    }),
)

const save = onHandle(
  'save',
  (session) => session.save(),
  (model, handle, now, actual, id) => {
    // The same data in another order is written, so that the answer is that of a write.
    const touched = 'status' in actual && (actual.status === 'touched' || actual.status === 'unchanged')
    const rewritten = handle.edited && handle.model.session !== null && !touched
    const answer = model.save(handle.model, now, { id, token: tokenOf(actual) }, rewritten)
    if ('status' in answer && answer.status === 'saved') handle.edited = false
    return answer
  },
)

const update = key.chain((name) =>
  onHandle(
    'update',
    (session) => session.update((data) => Object.assign(data, { [name]: (data[name] ?? 0) + 1 })),
    (model, handle, now, _actual, id) => model.update(handle.model, name, now, id),
  ),
)

const peek = onHandle(
  'peek',
  (session) => session.update(() => {}),
  (model, handle, now, _actual, id) => model.update(handle.model, null, now, id),
)

const login = owner.chain((name) =>
  onHandle(
    'login',
    (session, now) => session.login(name, { credentialsCheckedAt: now }),
    (model, handle, now, actual, id) => model.login(handle.model, name, now, { id, token: tokenOf(actual) }),
  ),
)

const rotate = onHandle(
  'rotate',
  (session) => session.rotate(),
  (model, handle, now, actual, id) => model.rotate(handle.model, now, { id, token: tokenOf(actual) }),
)

const destroy = onHandle(
  'destroy',
  (session) => session.destroy(),
  (model, handle) => model.destroy(handle.model),
)

const spans = fc.constantFrom(undefined, 30, 150, SPANS.idle, 2 * SPANS.idle, 2 * SPANS.absolute)
const retime = fc.record({ i: index, idle: spans, absolute: spans }).map(
  ({ i, idle, absolute }): Command =>
    command(`retime ${i} ${idle} ${absolute}`, async ({ handles }) => {
      const handle = at(handles, i)
      if (!handle) return
      const timeouts: Retiming = {
        ...(idle !== undefined && { idleTimeoutMs: idle }),
        ...(absolute !== undefined && { absoluteTimeoutMs: absolute }),
      }
      handle.session.setTimeouts(timeouts)
      handle.model.retimings.push(timeouts)
      handle.model.unsavedRetimings.push(timeouts)
    }),
)

const advance = spanOfTime.map((span): Command => command(`advance ${span}`, async ({ clock }) => clock.advance(span)))

const sweep = fc.nat(1).map(
  (process): Command =>
    command(`sweep ${process}`, async ({ processes, model, clock }) => {
      await processes[process]?.sweep()
      model.sweep(clock.now())
    }),
)

const revokeAll = fc.record({ owner, except: fc.option(index), process: fc.nat(1) }).map(
  ({ owner: name, except, process }): Command =>
    command(`revokeAll ${name} ${except}`, async ({ processes, model, clock, handles, outcomes }) => {
      const id = except === null ? undefined : at(handles, except)?.session.id
      const revoked = await processes[process]?.revokeAll(name, id === undefined ? {} : { except: id })
      expect(revoked).toBe(model.revokeAll(name, id, clock.now()))
      outcomes.add(revoked ? 'revokeAll some' : 'revokeAll none')
    }),
)

/** What is stored is what the model has. */
function compareRecords({ records, model, format }: World): void {
  const kept = [...records.values()].filter(({ id }) => !id.startsWith('1'))
  const stored = kept.map(({ id, owner: name, expiresAt, purgeAt, payload }) => {
    const data = format.read(payload.slice(payload.indexOf('\n') + 1), id)
    return { id, owner: name, expiresAt, purgeAt, data }
  })
  const expected = [...model.stored.values()].map(({ id, owner: name, expiresAt, purgeAt, data }) => {
    return { id, owner: name, expiresAt, purgeAt, data }
  })
  const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
  expect(stored.sort(byId)).toEqual(expected.sort(byId))
}

/** Every token ever received opens what the model says, in a copy. */
async function compareTokens({ records, model, clock, jars, format }: World): Promise<void> {
  const copy = createSessions<Values>({
    ...configuration(clock),
    ...format.options,
    store: memoryStore({ records: new Map(records) }),
  })
  const known = jars.flat().map((token) => ({ token, found: model.lookUp(token, clock.now()) }))
  // Opening a pending token confirms it, which changes what the other tokens of its session are.
  known.sort((a, b) => Number(a.found?.as === 'pending') - Number(b.found?.as === 'pending'))
  const opened: unknown[] = []
  for (const { token } of known) {
    const session = await copy.open(token)
    opened.push(session.isNew ? 'a new session' : { id: session.id, owner: session.owner, data: session.data })
  }
  expect(opened).toEqual(
    known.map(({ found }) => {
      if (!found) return 'a new session'
      const { id, owner: name, data } = found.session
      return { id, owner: name, data }
    }),
  )
}

function configuration(clock: ManualClock) {
  return {
    clock,
    idleTimeoutMs: SPANS.idle,
    absoluteTimeoutMs: SPANS.absolute,
    graceMs: SPANS.grace,
    touchIntervalMs: SPANS.touch,
    overlapMs: SPANS.overlap,
  }
}

const commands = fc.oneof(
  { arbitrary: open, weight: 7 },
  { arbitrary: edit, weight: 5 },
  { arbitrary: save, weight: 6 },
  { arbitrary: update, weight: 2 },
  { arbitrary: peek, weight: 1 },
  { arbitrary: login, weight: 2 },
  { arbitrary: rotate, weight: 4 },
  { arbitrary: destroy, weight: 1 },
  { arbitrary: retime, weight: 1 },
  { arbitrary: advance, weight: 4 },
  { arbitrary: sweep, weight: 1 },
  { arbitrary: revokeAll, weight: 1 },
)

const codec = encryptedCodec({ keys: [new Uint8Array(32)] })
const count = z.number().exactOptional()
const formats: [name: string, format: Format][] = [
  ['as JSON', { options: {}, read: (text) => JSON.parse(text) }],
  [
    'encrypted, of a later version and with a schema',
    {
      options: { codec, schema: z.object({ a: count, b: count, c: count }), dataVersion: 2, migrate: () => ({}) },
      read: (text, id) => JSON.parse(codec.unseal?.(text, id) ?? ''),
    },
  ],
]

it.each(formats)(
  'does what the model says, whatever browsers, requests, logins, sweeps and the clock do: %s',
  {
    timeout: 60_000,
  },
  async (_name, format) => {
    const seed = Number(process.env.LEEWAY_SEED ?? Math.floor(Math.random() * 2 ** 31))
    console.log(`sessions: LEEWAY_SEED=${seed}`)
    const outcomes = new Set<string>()
    const firsts = fc.constantFrom(undefined, FIRST)
    await fc.assert(
      fc.asyncProperty(
        fc.noBias(fc.array(commands, { minLength: 1, maxLength: 80, size: 'max' })),
        firsts,
        async (list, first) => {
          const clock = manualClock()
          const records = new Map<string, StoredSession>()
          const firstly = first === undefined ? {} : { firstIdleTimeoutMs: first }
          const process = () =>
            createSessions<Values>({
              ...configuration(clock),
              ...firstly,
              ...format.options,
              store: memoryStore({ records }),
            })
          const jars = Array.from({ length: BROWSERS }, (): string[] => [])
          const model = new Model({ ...SPANS, first })
          const world: World = {
            format,
            clock,
            records,
            processes: [process(), process()],
            model,
            handles: [],
            jars,
            outcomes,
          }
          for (const [step, { run }] of list.entries()) {
            await run(world)
            compareRecords(world)
            if (step % 5 === 0 || step === list.length - 1) await compareTokens(world)
          }
        },
      ),
      { seed, numRuns: RUNS },
    )
    // What never came up has not been compared.
    const expected = Object.entries(OUTCOMES).flatMap(([name, ends]) => ends.map((end) => `${name} ${end}`))
    expect([...outcomes].sort()).toEqual(expected.sort())
  },
)
