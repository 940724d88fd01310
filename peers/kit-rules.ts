/** Rules of the kit that the API of express-session can express, run as they are, and what makes each fair to ask. */
export interface Asked {
  readonly rules: readonly string[]
  readonly title: string
}

export const asked: readonly Asked[] = [
  { rules: ['CREATE-001', 'UPDATE-001'], title: '`get` gives back what was `set`, and what was set over it' },
  { rules: ['LOAD-001', 'LOAD-002'], title: '`get` of an unknown id gives nothing and stores nothing' },
  {
    rules: ['LOAD-005', 'UPDATE-013', 'DESTROY-004'],
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

/** What the API has no notion of, and the rules about it, which are held against nobody. */
export const noNotion: readonly (readonly [rules: string, what: string])[] = [
  [
    'CREATE-002 to CREATE-007, STEP-001, RACE-001',
    'a `create` that refuses a taken id: `set` upserts, and ids are random',
  ],
  ['UPDATE-002, UPDATE-004 to UPDATE-007, TOUCH-007 to TOUCH-009, RACE-002, RACE-003', 'versions'],
  ['UPDATE-012, LIST-001 to LIST-015', 'owners, and lists of what is theirs'],
  [
    'UPDATE-008 to UPDATE-011, TOUCH-002 to TOUCH-004, TOUCH-011, LOAD-003, LOAD-004, GRACE-002 to GRACE-012',
    'a time between expiry and removal: a session that has expired is not served, and there is no other way to read it',
  ],
  [
    'SWEEP-002 to SWEEP-012, STEP-010 to STEP-015, RACE-009 to RACE-011',
    'a clean-up with a cutoff, a limit or an answer',
  ],
  ['DESTROY-003, DESTROY-005, STEP-004, STEP-009, RACE-004', 'a `destroy` that tells whether there was something'],
  [
    'ERROR-001 to ERROR-010, RECORD-001 to RECORD-004, ID-006, PAYLOAD-010 to PAYLOAD-013',
    'refusals with a code, and limits',
  ],
  ['SPACE-001 to SPACE-005, CAP-001 to CAP-008, CLOSE-001 to CLOSE-005', 'namespaces, declared capabilities, `close`'],
]
