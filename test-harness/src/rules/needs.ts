import type { Need } from '../engine/rule.ts'

export const listing: Need = {
  reason: 'the store declares no list',
  isMet: ({ capabilities }) => capabilities.list,
}

export const sweptPurge: Need = {
  reason: "the store's backend purges by itself",
  isMet: ({ capabilities }) => capabilities.purge === 'sweep',
}

export const nativePurge: Need = {
  reason: 'the store is swept',
  isMet: ({ capabilities }) => capabilities.purge === 'native',
}

export const realTime: Need = {
  reason: 'the subject does not say `expiresInRealTime: true`',
  isMet: ({ subject }) => subject.expiresInRealTime === true,
}

export const survival: Need = {
  reason: 'the store declares that nothing survives',
  isMet: ({ capabilities }) => capabilities.survives !== 'nothing',
}

export const corruptHook: Need = {
  reason: 'the subject has no `corrupt` hook',
  isMet: ({ subject }) => subject.corrupt !== undefined,
}

export const failHook: Need = {
  reason: 'the subject has no `fail` hook',
  isMet: ({ subject }) => subject.fail !== undefined,
}

/** The kit can start processes of its own that open the store. */
export const processes: Need = {
  reason: 'needs child processes: give the subject `module: import.meta.url`',
  otherwise: 'not-run',
  isMet: ({ subject }) => subject.module !== undefined,
}

/** Handles in several processes can be open on the same records. */
export const sharing: Need = {
  reason: 'the store is not shared by processes',
  isMet: ({ capabilities }) => capabilities.sharedBy !== 'process',
}

export function both(first: Need, second: Need): Need {
  return {
    reason: `${first.reason}, or ${second.reason}`,
    parts: [first, second],
    isMet: (facts) => first.isMet(facts) && second.isMet(facts),
  }
}
