import { mutants } from './index.ts'
import type { Mutant } from './mutant.ts'

/** The faults that stores are most often found to have, each with the names of the mutants that stand for it. */
const FAULTS: readonly (readonly [fault: string, ...mutants: string[]])[] = [
  ['a save that inserts what is gone (upsert)', 'update inserts (upsert)', 'update brings back what was destroyed'],
  ['an update that inserts and says `gone`', 'update answers `gone` and inserts'],
  ['a sweep that checks and then deletes', 'sweep checks, then deletes', 'sweep checks in one step, against update'],
  ['a sweep at the expiry instead of the purge time', 'sweep at the expiry'],
  ['a touch that shortens', 'touch shortens'],
  ['a touch that revives', 'touch revives what was destroyed', 'touch inserts'],
  [
    'a touch that writes back data from stale memory',
    'touch writes back what its handle once loaded',
    'touch writes back what it read a step before',
  ],
  ['`<` for `<=`', '`<` for `<=` at the purge time'],
  ['seconds for milliseconds', 'seconds for milliseconds'],
  ['a time to live of 0 that means for ever', 'a time to live of 0 means for ever'],
  [
    'a time to live that has passed and deletes a live record',
    'touch with a lifetime in the past deletes',
    'update to the past deletes',
  ],
  ['a version that is compared outside of the atomic step', 'the version is compared in a step of its own'],
  [
    'a retry that is taken for a conflict',
    'a retry of update answers `conflict`',
    'a retry of create answers `exists`',
  ],
  ['live references that are taken in', 'what is created is a live reference', 'arguments are read later'],
  ['live references that are given out', 'what is loaded is a live reference', 'what is listed is a live reference'],
  ['`__proto__` in the data', 'JSON is parsed and merged'],
  ['ids without case', 'ids in any case'],
  ['ids that are used as paths', 'an id is a path'],
  ['payloads that end at 64 KiB', 'payloads are cut off at 64 KiB'],
  ['characters outside of the basic plane', 'payloads in three bytes a character', 'payloads are decoded in chunks'],
  ['a list that misses at the edge of a page', 'list misses the record at the edge of a page'],
  ['a destroy of an unknown id that rejects', 'destroy of an unknown id rejects'],
  ['a failed backend that is taken for absence', 'a failed backend is absence', 'unreadable is absent'],
  ['an error that gives the id away', 'errors contain the id'],
  ['a close that hangs', 'close never resolves'],
  ['operations that work after close', 'calls after close succeed'],
  ['a timer that is left running', 'a cleanup that close does not stop', 'a timeout that outlives the answer'],
  [
    'a rejection that nobody handles',
    'a refusal that is noted without being handled',
    'touch is answered and then written',
  ],
  ['a file that is not written as a whole', 'an update writes over the file in place'],
  ['a lock that a crash has left and nobody clears away', 'a lock stays when its holder dies'],
  [
    'a namespace that is a prefix of another',
    'sweep takes a namespace for a prefix',
    'list takes a namespace for a prefix',
  ],
  [
    'capabilities that promise too much',
    'nothing survives that is said to',
    'a declared list that is not there',
    'a declared limit above the real one',
  ],
  [
    'capabilities that promise too little',
    'a list that is not declared',
    'a declared limit that is not the one asked for',
  ],
]

/** @throws if there is no mutant of a name */
export function knownFaults(): { readonly fault: string; readonly mutants: readonly Mutant[] }[] {
  return FAULTS.map(([fault, ...names]) => ({ fault, mutants: names.map(mutantOf) }))
}

function mutantOf(name: string): Mutant {
  const found = mutants.find((mutant) => mutant.name === name)
  if (!found) throw new Error(`there is no mutant "${name}"`)
  return found
}
