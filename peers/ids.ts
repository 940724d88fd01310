import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { expectEqual, expectThat } from '../test-harness/src/engine/expect.ts'
import type { Check } from './check.ts'
import type { Handle } from './trial.ts'

/** 10,000 characters that no compression makes shorter by much. */
const LONG = Array.from({ length: 157 }, (_, n) => createHash('sha256').update(String(n)).digest('hex'))
  .join('')
  .slice(0, 9_999)

/** Ids that only a generator of one's own, or a leaked secret, brings to a store: express-session's cookies are signed. */
export const idChecks: readonly Check[] = [
  {
    name: 'id-path',
    rules: ['ID-004'],
    title: "an id such as `../x` is refused or names a session in the store's own directory",
    notOf: ({ storage }) => (storage === 'disk' ? undefined : 'it has no directory'),
    async check(trial) {
      const store = await trial.open()
      trial.begin()
      await refusedOrKept(store, '../x', 1)
      expectEqual(readdirSync(trial.scratch), ['store'], "what is in the directory above the store's own")
    },
  },
  {
    name: 'id-names',
    rules: ['ID-004'],
    title:
      'ids such as `__proto__`, `constructor`, the empty string and one with a NUL are refused, or are ids as any other',
    async check(trial) {
      const store = await trial.open()
      for (const sid of ['__proto__', 'constructor', 'toString', '', 'a\0b', '%', "'", 'a b']) {
        trial.begin()
        const before = await store.get(sid).catch(() => undefined)
        expectThat(before === undefined, `an id that nobody has set is found: ${JSON.stringify(sid)}`)
        await refusedOrKept(store, sid, 1)
      }
    },
  },
  {
    name: 'id-case',
    rules: ['ID-005'],
    title: 'ids that differ by case are two sessions',
    async check(trial) {
      const store = await trial.open()
      trial.begin()
      await store.set('session-a', 1)
      await store.set('SESSION-A', 2)
      expectEqual((await store.get('session-a'))?.n, 1, 'the session in small letters')
    },
  },
  {
    name: 'id-long',
    rules: ['ID-007'],
    title: 'an id of 10,000 characters is refused, or told from another that differs in the last',
    async check(trial) {
      const store = await trial.open()
      trial.begin()
      await refusedOrKept(store, `${LONG}a`, 1)
      await refusedOrKept(store, `${LONG}b`, 2)
      const first = await store.get(`${LONG}a`).catch(() => undefined)
      expectThat(first === undefined || first.n === 1, 'the session of another id was served')
    },
  },
]

async function refusedOrKept(store: Handle, sid: string, n: number): Promise<void> {
  try {
    await store.set(sid, n)
  } catch {
    return
  }
  expectEqual((await store.get(sid))?.n, n, `what was set under ${JSON.stringify(sid.slice(0, 20))}`)
}
