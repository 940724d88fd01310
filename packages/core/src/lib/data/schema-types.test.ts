import { type } from 'arktype'
import * as v from 'valibot'
import { expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { memoryStore } from '../memory-store.ts'
import { createRecords, type Records } from '../records/records.ts'
import { createSessions } from '../sessions/sessions.ts'
import type { Sessions } from '../sessions/sessions-api.ts'

const store = memoryStore()
const theme = ['light', 'dark'] as const
const zod = z.object({ visits: z.number(), theme: z.enum(theme).default('light') })
const valibot = v.object({ visits: v.number(), theme: v.optional(v.picklist(theme), 'light') })
const arktype = type({ visits: 'number', theme: "'light' | 'dark' = 'light'" })
interface Data {
  visits: number
  theme: 'light' | 'dark'
}

it('the schema tells the type of the data, with initial data and without', () => {
  expectTypeOf(createSessions({ store, schema: zod })).toEqualTypeOf<Sessions<Data>>()
  expectTypeOf(createSessions({ store, schema: valibot })).toEqualTypeOf<Sessions<Data>>()
  expectTypeOf(createSessions({ store, schema: arktype })).toEqualTypeOf<Sessions<Data>>()
  const initialData = (): Data => ({ visits: 0, theme: 'light' })
  expectTypeOf(createSessions({ store, schema: zod, initialData })).toEqualTypeOf<Sessions<Data>>()
  const inline = createSessions({ store, schema: zod, initialData: () => ({ visits: 0, theme: 'dark' as const }) })
  expectTypeOf(inline).toEqualTypeOf<Sessions<Data>>()
  expectTypeOf(createRecords({ store, schema: zod })).toEqualTypeOf<Records<Data>>()
  expect(inline).toBeDefined()
})

it('initial and migrated data have to be what the schema says', () => {
  // @ts-expect-error the theme is none
  createSessions<Data>({ store, schema: zod, initialData: () => ({ visits: 0, theme: 'red' }) })
  // @ts-expect-error visits are missing
  createSessions({ store, schema: zod, dataVersion: 2, migrate: () => ({ theme: 'light' }) })
  const migrate = (old: Record<string, unknown>, fromVersion: number): Data => ({
    visits: Number(old.visits) + fromVersion,
    theme: 'light',
  })
  expect(() => createSessions<Data>({ store, schema: zod, dataVersion: 2, migrate })).not.toThrow()
})

it('without a schema the initial data tells the type, as before', () => {
  const sessions = createSessions({ store, initialData: () => ({ cart: [] as string[] }) })
  expectTypeOf(sessions).toEqualTypeOf<Sessions<{ cart: string[] }>>()
  expectTypeOf(createSessions({ store })).toEqualTypeOf<Sessions<Record<string, unknown>>>()
  expect(sessions).toBeDefined()
})
