/** Rules of the kit that the API of express-session can express, run as they are, and what makes each fair to ask. */
export interface Asked {
  readonly rules: readonly string[]
  readonly title: string
}

export const asked: readonly Asked[] = [
  { rules: ['CREATE-001', 'UPDATE-001'], title: '`get` gives back what was `set`, and what was set over it' },
  { rules: ['LOAD-001', 'LOAD-002'], title: '`get` of an unknown id gives nothing and stores nothing' },
  {
    rules: ['LOAD-005', 'UPDATE-013', 'TOUCH-012', 'DESTROY-004'],
    title: 'each session has its own id, and no call reaches another',
  },
  {
    rules: ['DESTROY-001', 'DESTROY-002', 'DESTROY-006'],
    title: '`destroy` removes, on every handle; of an unknown id it does not fail',
  },
  {
    rules: ['ID-001', 'ID-002', 'ID-003'],
    title: 'ids that are almost the same, or the same as numbers, are different',
  },
  {
    rules: [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `PAYLOAD-00${n}`),
    title: 'any text comes back unchanged: NUL, emoji, quotes, 64 KiB, ...',
  },
  { rules: ['STEP-008'], title: '`destroy` between any two steps of `touch` does not let the session come back' },
  {
    rules: ['STEP-003'],
    title: '`destroy` between any two steps of a guarded save does not let the session come back',
  },
  { rules: ['STEP-002'], title: 'of two guarded saves from one load, one is told that it has lost' },
]

/** Why the other rules are not asked, by concept: what they take that the API has no notion of. Held against nobody. */
export const notAsked: Readonly<Record<string, string>> = {
  CREATE: 'a `create` that refuses a taken id; `set` upserts, and ids are random',
  LOAD: 'reading a session that has expired',
  UPDATE: 'versions, owners, and a time of removal after the expiry',
  TOUCH: 'versions, and a time of removal after the expiry',
  DESTROY: 'versions, and reading a session that has expired',
  SWEEP: 'a clean-up with a cutoff, a limit, a cursor and an answer',
  GRACE: 'a time of removal after the expiry',
  STEP: 'versions, `create`, or a clean-up with an answer',
  RACE: 'as STEP; what is left to chance there, STEP and the checks ask in every order',
  HISTORY: 'versions',
  MODEL: 'versions',
  LIST: 'owners, and a list by them',
  PAYLOAD: 'refusals with a code, and limits',
  ID: 'refusals with a code; the checks of ids accept any refusal',
  RECORD: 'refusals with a code',
  COPY: 'they would ask our code on top: it gives each store objects of its own',
  ERROR: 'refusals with a code',
  SPACE: 'namespaces',
  CAP: 'declared capabilities',
  CLOSE: '`close`',
  CRASH: 'versions; the check `crash` asks what is left',
}
