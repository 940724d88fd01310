import { expectAbsent, expectAnswer, expectEqual, expectOneOf, expectStored, expectThat } from '../engine/expect.ts'
import type { Rule } from '../engine/rule.ts'
import { GRACE_MS, IDLE_MS } from '../engine/samples.ts'
import { survival, sweptPurge } from './needs.ts'

const MAX_PAYLOAD_BYTES = 2_048

export const capabilityRules: readonly Rule[] = [
  {
    id: 'CAP-001',
    level: 'MUST',
    tier: 'core',
    title: 'capabilities are frozen and hold the values of the contract',
    why: "Users choose a store by them and the kit its rules; keyv's and opendal's flags on the test call could say anything.",
    async check(ctx) {
      const { capabilities } = await ctx.open()
      expectThat(Object.isFrozen(capabilities), 'capabilities are not frozen')
      const { survives, sharedBy, purge, list, failover, maxPayloadBytes } = capabilities
      expectOneOf(survives, ['nothing', 'process-crash', 'power-loss'], 'capabilities.survives')
      expectOneOf(sharedBy, ['process', 'host', 'network'], 'capabilities.sharedBy')
      expectOneOf(purge, ['sweep', 'native'], 'capabilities.purge')
      expectOneOf(list, [true, false], 'capabilities.list')
      expectOneOf(failover, ['none', 'may-lose-acknowledged-writes'], 'capabilities.failover')
      expectThat(
        Number.isSafeInteger(maxPayloadBytes) && maxPayloadBytes > 0,
        'capabilities.maxPayloadBytes',
        maxPayloadBytes,
      )
    },
  },
  {
    id: 'CAP-002',
    level: 'MUST',
    tier: 'core',
    title: 'capabilities stay the same from open to close, on every handle',
    why: 'They are read once, when the application starts.',
    async check(ctx) {
      const store = await ctx.open()
      const first = { ...store.capabilities }
      await store.create(ctx.session())
      expectEqual({ ...store.capabilities }, first, 'capabilities after a write')
      expectEqual({ ...(await ctx.open()).capabilities }, first, 'capabilities of another handle')
      await store.close()
      expectEqual({ ...store.capabilities }, first, 'capabilities after close')
    },
  },
  {
    id: 'CAP-003',
    level: 'MUST',
    tier: 'core',
    title: '`list` is declared exactly where there is a list',
    why: 'Core refuses revocation by owner where it is not declared, and calls it where it is.',
    async check(ctx) {
      const store = await ctx.open()
      expectEqual(
        typeof store.list === 'function',
        store.capabilities.list,
        'whether the store has a list, against what it declares',
      )
    },
  },
  {
    id: 'CAP-004',
    level: 'MUST',
    tier: 'durable',
    title: 'records are there after close and reopen if anything is said to survive',
    why: 'Acknowledged means kept: created, updated, touched and destroyed alike.',
    needs: survival,
    async check(ctx) {
      const store = await ctx.open()
      const [created, updated, touched, destroyed] = [ctx.session(), ctx.session(), ctx.session(), ctx.session()]
      for (const session of [created, updated, touched, destroyed]) await store.create(session)
      const next = ctx.successor(updated, { owner: 'user-1' })
      await store.update(next, updated.version)
      const lifetime = { expiresAt: touched.expiresAt + 1_000, purgeAt: touched.purgeAt + 1_000 }
      await store.touch(touched, lifetime)
      await store.destroy(destroyed.id)
      await store.close()
      const reopened = await ctx.open()
      await expectStored(reopened, created, 'a created record after close and reopen')
      await expectStored(reopened, next, 'an updated record after close and reopen')
      await expectStored(reopened, { ...touched, ...lifetime }, 'a touched record after close and reopen')
      await expectAbsent(reopened, destroyed.id, 'a destroyed record after close and reopen')
    },
  },
  {
    id: 'CAP-005',
    level: 'MUST',
    tier: 'durable',
    title: 'a request goes on after a reopen with what it loaded before',
    why: 'A deployment restarts the process between load and save; the version has to be valid still.',
    needs: survival,
    async check(ctx) {
      const store = await ctx.open()
      const [saved, touched] = [ctx.session(), ctx.session()]
      for (const session of [saved, touched]) await store.create(session)
      await store.close()
      const reopened = await ctx.open()
      const next = ctx.successor(saved)
      await expectAnswer(reopened.update(next, saved.version), 'saved', 'update after a reopen')
      await expectAnswer(reopened.update(next, saved.version), 'saved', 'a retry of update after a reopen')
      await expectAnswer(reopened.update(ctx.successor(saved), saved.version), 'conflict', 'update from an old version')
      const lifetime = { expiresAt: touched.expiresAt + 1_000, purgeAt: touched.purgeAt + 1_000 }
      await expectAnswer(reopened.touch(touched, lifetime), 'touched', 'touch after a reopen')
      await expectAnswer(
        reopened.create(ctx.session({ id: saved.id })),
        'exists',
        'create under a stored id after a reopen',
      )
    },
  },
  {
    id: 'CAP-006',
    level: 'MUST',
    tier: 'core',
    title: "two handles on the same records see each other's writes at once",
    why: 'Every `sharedBy` promises at least that; a cache in between serves what has been replaced or logged out.',
    async check(ctx) {
      const [here, there] = [await ctx.open(), await ctx.open()]
      let stored = ctx.session()
      await here.create(stored)
      await expectStored(there, stored, 'a record that the other handle created')
      for (const [writer, reader] of [
        [there, here],
        [here, there],
      ] as const) {
        const next = ctx.successor(stored, { purgeAt: stored.purgeAt })
        await expectAnswer(writer.update(next, stored.version), 'saved', 'update by the other handle')
        await expectStored(reader, next, 'a record that the other handle updated')
        const lifetime = { expiresAt: next.expiresAt + 1_000, purgeAt: next.purgeAt + 1_000 }
        await expectAnswer(writer.touch(next, lifetime), 'touched', 'touch by the other handle')
        stored = { ...next, ...lifetime }
        await expectStored(reader, stored, 'a record that the other handle touched')
      }
    },
  },
  {
    id: 'CAP-007',
    level: 'MUST',
    tier: 'core',
    title: '`maxPayloadBytes` is what the store was opened with, or its own fixed limit',
    why: 'Core and codecs size their data by it before they try to save. The payload rules hold it to the byte.',
    async check(ctx) {
      const narrow = await ctx.open({ namespace: 'narrow', maxPayloadBytes: MAX_PAYLOAD_BYTES })
      const { maxPayloadBytes } = narrow.capabilities
      const isFixed = maxPayloadBytes === ctx.capabilities.maxPayloadBytes
      expectThat(
        isFixed || maxPayloadBytes === MAX_PAYLOAD_BYTES,
        'capabilities.maxPayloadBytes is neither what was asked for nor fixed',
        maxPayloadBytes,
      )
    },
  },
  {
    id: 'CAP-008',
    level: 'MUST',
    tier: 'core',
    title: 'a store that declares purge by `sweep` keeps every record until it is swept',
    why: "Nothing may happen behind the sweeper's back: its counts and its schedule are what operators see.",
    needs: sweptPurge,
    async check(ctx) {
      const store = await ctx.open()
      const session = ctx.session()
      await store.create(session)
      ctx.clock.advance(10 * (IDLE_MS + GRACE_MS))
      await expectStored(store, session, 'a record long past its purge time')
      await store.create(ctx.session())
      await expectStored(await ctx.open(), session, 'a record long past its purge time, by a new handle')
    },
  },
]
