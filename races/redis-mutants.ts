import type { Edit } from './mutant-copy.ts'
import { indexMutants } from './redis-index-mutants.ts'
import type { BeginningName, OperationName } from './redis-operations.ts'
import { recordMutants } from './redis-record-mutants.ts'

/** The Redis store with one fault, what has to find it, and part of what that says. */
export interface RedisMutant {
  readonly name: string
  readonly edits: readonly Edit[]
  readonly caughtBy:
    | { readonly orders: readonly OperationName[]; readonly beginning: BeginningName; readonly flushed?: boolean }
    | { readonly crash: OperationName; readonly beginning: BeginningName }
    | { readonly pages: OperationName; readonly isAhead?: boolean }
    | { readonly rule: string }
  readonly message: string
}

export const redisMutants: readonly RedisMutant[] = [...indexMutants, ...recordMutants]
