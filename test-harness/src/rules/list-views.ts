import { isDeepStrictEqual } from 'node:util'
import type { ListedSession, ListQuery, StoredSession } from '@leeway/core/adapter'
import { ConformanceFailure, type FailureDetails } from '../engine/failure.ts'

/** What one list of all its pages gave, while one record changed and the others stayed. */
export interface ListView {
  readonly query: Pick<ListQuery, 'owner'>
  readonly listed: readonly ListedSession[]
  /** The states that the record was in meanwhile; undefined where it was not there. */
  readonly states: readonly (StoredSession | undefined)[]
}

/**
 * Fails unless every record is listed that was there throughout with the owner asked for, in a state that it was in, and
 * nothing else. What came or went meanwhile may be listed or not.
 */
export function expectView(
  { query, listed, states }: ListView,
  others: readonly StoredSession[],
  what: string,
  details: FailureDetails = {},
): void {
  const isAsked = (state: StoredSession | undefined) =>
    state !== undefined && (query.owner === undefined || state.owner === query.owner)
  const seen = listed.map(listingOf)
  const records = [...others.map((other) => [other]), states]
  const allowed = records
    .flat()
    .filter(isAsked)
    .map((state) => state && listingOf(state))
  const strange = seen.find((one) => !allowed.some((state) => isDeepStrictEqual(state, one)))
  if (strange) {
    const told = { ...details, expected: allowed, actual: strange }
    throw new ConformanceFailure(`${what}: it showed what was not there`, told)
  }
  const missed = records.find((all) => all.every(isAsked) && !seen.some(({ id }) => id === all[0]?.id))
  if (missed) {
    const told = { ...details, expected: missed.map((state) => state && listingOf(state)), actual: seen }
    throw new ConformanceFailure(`${what}: it missed a record that was there throughout`, told)
  }
}

function listingOf({ id, owner, expiresAt, purgeAt }: ListedSession): ListedSession {
  return { id, owner, expiresAt, purgeAt }
}
