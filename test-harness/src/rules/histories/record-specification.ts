import type { SessionId, StoredSession } from '@leeway/core/adapter'
import type { Call, Specification } from '../../engine/linearizable.ts'
import { type Operation, predict } from '../operations.ts'

/**
 * What the contract says of one record. A sweep touches all records: for one of them it may remove it at any moment while
 * it is under way and the record is due. How many it has removed says nothing about one.
 *
 * @param dropsUntil where the backend purges by itself: what is due by then may be gone at any moment
 */
export function recordSpecification(
  dropsUntil: number | undefined,
): Specification<StoredSession | undefined, Operation> {
  return {
    initial: undefined,
    // The version stands for payload and owner: each is given to one write only.
    keyOf: (stored) => (stored ? `${stored.version} ${stored.expiresAt} ${stored.purgeAt}` : ''),
    outcomes: (stored, operation) => [predict(stored, operation)],
    isRepeated: ({ kind }) => kind === 'sweep',
    ...(dropsUntil !== undefined && {
      decaysTo: (stored) => (stored && stored.purgeAt <= dropsUntil ? [undefined] : []),
    }),
  }
}

/** The calls that concern one record. */
export function callsOn(id: SessionId, calls: readonly Call<Operation>[]): Call<Operation>[] {
  return calls.filter(({ operation }) => operation.kind === 'sweep' || idOf(operation) === id)
}

function idOf(operation: Exclude<Operation, { readonly kind: 'sweep' }>): SessionId {
  switch (operation.kind) {
    case 'create':
    case 'update':
      return operation.session.id
    case 'touch':
      return operation.loaded.id
    default:
      return operation.id
  }
}
