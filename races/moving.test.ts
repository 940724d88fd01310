import { memoryStore } from '@leeway/core/memory'
import { type ExpressSessionStoreOptions, expressSessionStore } from '@leeway/express/express-session'
import session, { type SessionData } from 'express-session'
import { expect, it } from 'vitest'
import { type Actor, everyOrder } from './every-order.ts'

// Sessions that move from an old store of express-session, in every order of the calls to both stores.

const SID = 'the-id-in-the-cookie'

type Process = ReturnType<typeof expressSessionStore>
type Work<T> = (process: Process) => Promise<T>

const get: Work<SessionData | null | undefined> = (process) =>
  new Promise((resolve, reject) => process.get(SID, (error, found) => (error ? reject(error) : resolve(found))))
const destroy: Work<void> = (process) =>
  new Promise((resolve, reject) => process.destroy(SID, (error) => (error ? reject(error) : resolve())))

/** A new store, and an old one in which somebody is logged in. */
async function setup(options: Pick<ExpressSessionStoreOptions, 'keepMigrated'>) {
  const records = new Map()
  const old = new session.MemoryStore()
  const cookie = { originalMaxAge: 60_000, expires: new Date(Date.now() + 60_000), path: '/', httpOnly: true }
  await new Promise<void>((done) => old.set(SID, { cookie, user: 'ada' } as never, () => done()))
  const held = (): Promise<SessionData | null | undefined> =>
    new Promise((resolve) => old.get(SID, (_, found) => resolve(found)))
  const calls = {
    oldGet: held,
    oldDestroy: () => new Promise<void>((resolve) => old.destroy(SID, () => resolve())),
  }
  /** A process of the new release, whose calls to both stores are steps of one actor. */
  const run = <T>(actor: Actor, work: Work<T>): Promise<T> => {
    const { capabilities, ...store } = memoryStore({ records })
    return actor({ ...store, ...calls }, ({ oldGet, oldDestroy, ...stepped }) =>
      work(
        expressSessionStore({
          ...options,
          store: { capabilities, ...stepped },
          migrateFrom: {
            get: (_sid, callback) => oldGet().then((found) => callback(null, found), callback),
            destroy: (_sid, callback) => oldDestroy().then(() => callback?.(), callback),
          },
        }),
      ),
    )
  }
  return { run, held, later: () => run(async (store, work) => work(store), get) }
}

const user = (found: unknown) => Object(found).user

it.each([false, true])(
  'nobody is served after a logout that comes while it moves (kept in the old store: %s)',
  async (keepMigrated) => {
    const served = new Set<unknown>()
    const orders = await everyOrder(async (actor, finish) => {
      const { run, held, later } = await setup({ keepMigrated })
      const first = run(actor, get)
      const after = run(actor, async (process) => {
        await destroy(process)
        return get(process)
      })
      await finish()
      served.add(user(await first))
      expect(await after).toBeNull()
      expect(await later()).toBeNull()
      expect(await held()).toBeUndefined()
    })
    console.log(`moving against a logout: ${orders} orders, 0 came back`)
    expect(served).toEqual(new Set(['ada', undefined]))
  },
)

it.each([false, true])('of two first requests both find it (kept in the old store: %s)', async (keepMigrated) => {
  const orders = await everyOrder(async (actor, finish) => {
    const { run, held, later } = await setup({ keepMigrated })
    const both = [run(actor, get), run(actor, get)]
    await finish()
    expect((await Promise.all(both)).map(user)).toEqual(['ada', 'ada'])
    expect(Object.keys((await later()) ?? {}).sort()).toEqual(['cookie', 'user'])
    expect(user(await held())).toBe(keepMigrated ? 'ada' : undefined)
  })
  console.log(`two first requests of a session that moves: ${orders} orders, both found it`)
})
