import type { Guarantee } from './guarantee.ts'

/** What the rules say beyond G1 to G6. */
export const otherGuarantees: readonly Guarantee[] = [
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
        rules: ['CREATE-002', 'CREATE-005', 'CREATE-006', 'STEP-001', 'STEP-021', 'STEP-040', 'RACE-001'],
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
      {
        loss: 'A session that is in use all the time can be taken for none',
        rules: ['STEP-041'],
        because: 'a load that others interrupt again and again gives up',
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
        rules: ['ERROR-005', 'ERROR-006', 'ERROR-007', 'ERROR-013'],
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
      {
        rules: ['STEP-030', 'STEP-031', 'STEP-032', 'STEP-033', 'STEP-034', 'STEP-035', 'STEP-042'],
        because: 'a list can fail at, or miss, what changes while it reads',
      },
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
          'SWEEP-014',
          'GRACE-005',
          'GRACE-006',
          'GRACE-013',
          'ERROR-007',
          'CAP-009',
        ],
        because: 'the cleanup does not remove just what is due',
      },
      {
        loss: 'A cleanup can bring the requests to a halt',
        rules: ['SWEEP-003', 'SWEEP-004', 'SWEEP-008', 'SWEEP-013'],
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
        rules: ['CAP-001', 'CAP-002', 'CAP-003', 'CAP-007', 'CAP-009'],
        because: 'its capabilities are not true, or change',
      },
    ],
  },
]
