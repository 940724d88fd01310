/** A reason for which a guarantee is lost: some rules, and what it means that one of them was broken. */
export interface Cause {
  /** Ids, or a concept such as `ORDER` for all of its rules. */
  readonly rules: readonly string[]
  /** What it means for the users of the application: the beginning of a sentence. Default: that of the guarantee. */
  readonly loss?: string
  /** Completes the sentence: "..., because". */
  readonly because: string
}

/** What the users of an application rely on, and the rules on which it rests. */
export interface Guarantee {
  readonly id: string
  readonly name: string
  readonly promise: string
  readonly loss: string
  readonly causes: readonly Cause[]
  /** Without these the others show nothing: as long as one of them was not run, nor is the guarantee shown. */
  readonly shownBy?: readonly string[]
}

/** Every rule belongs to at least one of them. G1 to G6 are those of leeway's core, which a store has to carry. */
export const guarantees: readonly Guarantee[] = [
  {
    id: 'G1',
    name: 'never lost',
    promise: 'No sweep, on any process or machine, in any order, removes a session that the request then saves.',
    loss: 'A user who is active can be logged out, or lose what was just saved',
    causes: [
      {
        rules: ['ORDER', 'STEP-010', 'STEP-011', 'STEP-023', 'STEP-025', 'RACE-009', 'RACE-010'],
        because: 'the cleanup can delete a session in the moment in which a request saves or renews it',
      },
      {
        rules: ['SWEEP-007', 'SWEEP-011', 'SWEEP-012', 'GRACE-003', 'GRACE-004', 'GRACE-007', 'GRACE-008', 'GRACE-009'],
        because: 'the cleanup removes sessions before their time',
      },
      { rules: ['UPDATE-009', 'TOUCH-003'], because: 'a request can move the time of removal back under another one' },
      {
        rules: ['LOAD-004', 'GRACE-001', 'GRACE-002', 'CREATE-007', 'UPDATE-011', 'TOUCH-011', 'CAP-008'],
        because: 'sessions do not stay until their time of removal',
      },
      {
        rules: ['TOUCH-001', 'TOUCH-002', 'TOUCH-004', 'TOUCH-010', 'UPDATE-010'],
        because: 'using a session does not keep it',
      },
      { rules: ['STEP-016'], because: 'of two renewals at once the shorter one can win' },
      {
        rules: ['GRACE-010', 'GRACE-011'],
        because: 'a clock that is off, or set back, changes which sessions are there',
      },
    ],
  },
  {
    id: 'G2',
    name: 'never resurrected',
    promise: 'Once `destroy` has resolved, no save, touch or rotation brings the session back.',
    loss: 'A user who has logged out, or was logged out by an administrator, can be logged in again',
    causes: [
      {
        rules: ['UPDATE-002', 'UPDATE-003', 'TOUCH-005', 'TOUCH-006'],
        because: 'saving or renewing a session that is no longer there creates it again',
      },
      {
        rules: ['STEP-003', 'STEP-008', 'STEP-017', 'STEP-018', 'STEP-029', 'RACE-005', 'RACE-006'],
        because: 'a request that is under way during the logout can write the session back',
      },
      { rules: ['DESTROY-005', 'STEP-022'], because: 'what was loaded before the logout is still good for a save' },
      { rules: ['DESTROY-001', 'DESTROY-003'], because: 'a logout does not remove the session' },
      { rules: ['DESTROY-006'], because: 'other processes go on serving what was logged out' },
    ],
  },
  {
    id: 'G3',
    name: 'never silently overwritten',
    promise:
      'Of two saves from the same version one wins. The other keeps the keys that only it changed, and a key that both changed differently is a reported conflict, not an overwrite.',
    loss: 'What one request has saved can be overwritten by another, and nobody is told',
    causes: [
      {
        rules: ['STEP-002', 'RACE-002', 'RACE-003'],
        because: 'saves at the same moment can all be told that they have succeeded (a lost update)',
      },
      {
        rules: ['UPDATE-001', 'UPDATE-004', 'UPDATE-007'],
        because: 'a save is not held to the version that it started from',
      },
      {
        rules: ['TOUCH-001', 'TOUCH-007', 'TOUCH-009', 'STEP-005', 'STEP-019', 'STEP-020', 'RACE-007'],
        because: 'renewing a session and saving it get in the way of each other',
      },
      {
        rules: ['CREATE-003', 'CREATE-004', 'UPDATE-005', 'UPDATE-006'],
        because: 'a write that is tried again is taken for another one',
      },
      { rules: ['CAP-006'], because: 'a process can go on from what another has already replaced' },
    ],
  },
  {
    id: 'G4',
    name: 'never served late',
    promise:
      "An expired session is not loaded, by the loading node's clock, even while it is still in the store. A request that loaded it while live may still renew it within the grace.",
    loss: 'A session can be used after its end',
    causes: [
      { rules: ['LOAD-003'], because: 'presenting its cookie extends it' },
      {
        rules: ['UPDATE-008', 'TOUCH-008', 'STEP-006'],
        because: 'cutting a session short does not take effect, or is undone by a request that is under way',
      },
      { rules: ['GRACE-012', 'RECORD-003'], because: 'the instant of its end is not kept as it was given' },
    ],
  },
  {
    id: 'G5',
    name: 'login is a wall',
    promise:
      'A save that began before a login neither brings back the old secret or owner nor writes anything into the session after it.',
    loss: 'Whoever had the cookie from before a login can get into the session after it (session fixation)',
    causes: [
      {
        rules: ['UPDATE-001', 'UPDATE-004', 'STEP-002', 'RACE-002'],
        because: 'a save that began before the login can overwrite it',
      },
      { rules: ['TOUCH-007', 'STEP-005'], because: 'renewing a session can write back what the login has replaced' },
      { rules: ['UPDATE-012'], because: 'the owner of a session is not replaced' },
    ],
  },
  {
    id: 'G6',
    name: 'never torn',
    promise: 'After a crash at any point a record is the last acknowledged one or the one being written, whole.',
    loss: 'After a crash a session can be half written, or one that was acknowledged is not there',
    causes: [
      { rules: ['CAP-004', 'CAP-005'], because: 'what was acknowledged is not there after the next start' },
      { rules: ['CRASH'], because: 'a crash in the middle of a call leaves something else than one of the two' },
    ],
  },
  {
    id: 'apart',
    name: 'kept apart',
    promise: 'Nobody is given the session of somebody else, and applications in one storage do not know of each other.',
    loss: 'A user can be given the session of another',
    causes: [
      {
        loss: 'Applications that share a storage can reach the sessions of each other',
        rules: ['SPACE'],
        because: 'namespaces are not kept apart',
      },
      {
        loss: 'Two users can be given one session',
        rules: ['CREATE-002', 'CREATE-005', 'CREATE-006', 'STEP-001', 'STEP-021', 'RACE-001'],
        because: 'an id can be given away twice',
      },
      {
        rules: ['LOAD-005', 'ID-001', 'ID-002', 'ID-003', 'ID-005', 'RECORD-002'],
        because: 'different ids or versions are taken for the same',
      },
      {
        loss: 'A browser can name anything in the storage',
        rules: ['ID-004', 'ID-006', 'ID-007'],
        because: 'whatever it sends is taken for an id',
      },
      {
        loss: 'What one user does can change the sessions of others',
        rules: ['UPDATE-013', 'TOUCH-012', 'DESTROY-004'],
        because: 'an operation reaches past its own record',
      },
      { rules: ['RACE-008'], because: 'a call can get the answer to another one' },
    ],
  },
  {
    id: 'unchanged',
    name: 'given back unchanged',
    promise: 'What a request has saved is what the next one loads.',
    loss: 'A session can come back changed',
    causes: [
      {
        rules: ['CREATE-001', 'UPDATE-001', 'PAYLOAD', 'GRACE-012'],
        because: 'some values are not kept as they were given',
      },
      {
        rules: ['STEP-026', 'STEP-027', 'STEP-028'],
        because: 'a load in the middle of a write can find what was never saved',
      },
      { rules: ['COPY'], because: 'the store and its callers hold on to the same objects' },
      { rules: ['RECORD'], because: 'values that the contract excludes are taken' },
    ],
  },
  {
    id: 'told',
    name: 'failures are told',
    promise: 'A failure of the storage is an error, never "no session"; absent is absent.',
    loss: 'An outage or a damaged record can look like a logout',
    shownBy: ['ERROR-004', 'ERROR-008'],
    causes: [
      {
        rules: ['ERROR-004', 'ERROR-008'],
        because: 'a failure is answered like a session that is not there, or with an unknown error',
      },
      {
        loss: 'One damaged record can concern more than its own user',
        rules: ['ERROR-005', 'ERROR-006', 'ERROR-007'],
        because: 'it gets in the way of others, or of its removal',
      },
      {
        loss: 'Operators cannot see what goes wrong',
        rules: ['ERROR-001', 'ERROR-002', 'ERROR-009'],
        because: 'errors do not say what failed',
      },
      {
        loss: 'One failed call can end the process, and with it the requests of all users',
        rules: ['ERROR-011', 'ERROR-012'],
        because: 'rejections are left that nobody handles',
      },
      {
        loss: 'Logs can hold what belongs to the users',
        rules: ['ERROR-003'],
        because: 'errors carry ids or payloads',
      },
      {
        loss: 'An old cookie can be an error, or fill the storage',
        rules: ['LOAD-001', 'LOAD-002', 'DESTROY-002'],
        because: 'a session that is not there is no plain miss',
      },
    ],
  },
  {
    id: 'listed',
    name: 'listed and revoked',
    promise: "A user's sessions can be listed, and revoked all at once.",
    loss: '"Log out everywhere" can leave sessions alive, or show and end those of others',
    shownBy: ['LIST-004'],
    causes: [
      { rules: ['LIST', 'COPY-005', 'CAP-003'], because: 'lists miss sessions, or give others' },
      { rules: ['UPDATE-012'], because: 'sessions are not listed under their owner' },
      {
        loss: 'What a revocation reports cannot be relied on',
        rules: ['STEP-009', 'RACE-004'],
        because: 'two logouts at once are both told that they did it, or neither is',
      },
    ],
  },
  {
    id: 'cleaned',
    name: 'cleaned up',
    promise: 'Cleanups remove everything that is due, in bounded batches, from any number of processes.',
    loss: 'The storage can grow for ever',
    shownBy: ['SWEEP-001'],
    causes: [
      {
        rules: [
          'SWEEP-001',
          'SWEEP-005',
          'SWEEP-006',
          'SWEEP-009',
          'SWEEP-010',
          'GRACE-005',
          'GRACE-006',
          'GRACE-013',
          'ERROR-007',
        ],
        because: 'the cleanup does not remove just what is due',
      },
      {
        loss: 'A cleanup can bring the requests to a halt',
        rules: ['SWEEP-003', 'SWEEP-004', 'SWEEP-008'],
        because: 'its batches have no bound, or no end',
      },
      {
        loss: 'Nobody can tell whether the cleanup works',
        rules: ['SWEEP-002', 'STEP-014', 'STEP-015', 'STEP-024', 'RACE-011'],
        because: 'it does not count just what it removed',
      },
    ],
  },
  {
    id: 'answers',
    name: 'answers like one after another',
    promise: 'Whatever is called, in whatever order and at once, is answered as the contract says.',
    loss: 'Under load the store can answer what is not true',
    causes: [
      { rules: ['HISTORY'], because: 'random calls at once are answered as in no order of one after another' },
      {
        rules: ['MODEL'],
        loss: 'The store can answer what is not true',
        because: 'random calls, one after another, are answered otherwise than the contract says',
      },
    ],
  },
  {
    id: 'operated',
    name: 'opens and closes cleanly',
    promise: 'The store is what it declares, and a shutdown waits for what is under way and then ends.',
    loss: 'A deployment can hang, or lose what is under way',
    causes: [
      { rules: ['CLOSE', 'ERROR-010'], because: 'closing does not end, does not wait, or does not close' },
      {
        loss: 'The store can be taken for what it is not',
        rules: ['CAP-001', 'CAP-002', 'CAP-003', 'CAP-007'],
        because: 'its capabilities are not true, or change',
      },
    ],
  },
]
