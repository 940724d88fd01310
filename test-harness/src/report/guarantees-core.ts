import type { Guarantee } from './guarantee.ts'

/** What is answered wrongly under load may be anything. */
const clouds = ['HISTORY', 'CRASH-007'] as const

/** G1 to G6: those of leeway's core, which a store has to carry. */
export const coreGuarantees: readonly Guarantee[] = [
  {
    id: 'G1',
    clouds,
    name: 'never lost',
    promise: 'No sweep, on any process or machine, in any order, removes a session that the request then saves.',
    loss: 'A user who is active can be logged out, or lose what was just saved',
    causes: [
      {
        rules: ['ORDER', 'STEP-010', 'STEP-011', 'STEP-023', 'STEP-025', 'STEP-039', 'RACE-009', 'RACE-010'],
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
    clouds,
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
      {
        rules: ['STEP-036', 'STEP-037', 'STEP-038'],
        because:
          'a call that others interrupt again and again writes the session back, or is told too early that it is gone',
      },
      { rules: ['DESTROY-005', 'STEP-022'], because: 'what was loaded before the logout is still good for a save' },
      { rules: ['DESTROY-001', 'DESTROY-003'], because: 'a logout does not remove the session' },
      { rules: ['DESTROY-006'], because: 'other processes go on serving what was logged out' },
    ],
  },
  {
    id: 'G3',
    clouds,
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
        rules: ['STEP-036', 'STEP-037'],
        because: 'a write that has lost again and again is forced, or given up',
      },
      {
        rules: ['UPDATE-001', 'UPDATE-004', 'UPDATE-007'],
        because: 'a save is not held to the version that it started from',
      },
      {
        rules: ['TOUCH-001', 'TOUCH-007', 'TOUCH-009', 'TOUCH-013', 'STEP-005', 'STEP-019', 'STEP-020', 'RACE-007'],
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
    clouds,
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
    clouds,
    name: 'never torn',
    promise: 'After a crash at any point a record is the last acknowledged one or the one being written, whole.',
    loss: 'After a crash a session can be half written, or one that was acknowledged is not there',
    causes: [
      { rules: ['CAP-004', 'CAP-005'], because: 'what was acknowledged is not there after the next start' },
      { rules: ['CRASH'], because: 'a crash in the middle of a call leaves something else than one of the two' },
    ],
  },
]
