// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of the store's source
import type { BeginningName, OperationName } from './file-pairs.ts'

/** The file store with one fault, what has to find it, and part of what that says. */
export interface FileMutant {
  readonly name: string
  /** Of packages/file/src/lib, and what to replace in it; each text is there exactly once. */
  readonly file: string
  readonly edits: readonly (readonly [from: string, to: string])[]
  readonly caughtBy:
    | { readonly orders: readonly OperationName[]; readonly beginning: BeginningName }
    | { readonly crash: string }
    | { readonly rule: string }
  readonly message: string
}

export const fileMutants: readonly FileMutant[] = [
  {
    name: 'update looks again and renames whichever state it finds',
    file: 'writes.ts',
    edits: [
      [
        'this.#move(id, state, { state: stateOf({ seq, nonce',
        'this.#move(id, (await this.#records.look(id))?.state ?? state, { state: stateOf({ seq, nonce',
      ],
    ],
    caughtBy: { orders: ['update', 'update'], beginning: 'a record' },
    message: '"answers":["saved","saved"]',
  },
  {
    name: 'touch looks again and renames whichever state it finds',
    file: 'writes.ts',
    edits: [
      ['  #extend(id', '  async #extend(id'],
      [
        'this.#move(id, state, { state: stateOf({ seq: seq + 1',
        'this.#move(id, (await this.#records.look(id))?.state ?? state, { state: stateOf({ seq: seq + 1',
      ],
    ],
    caughtBy: { orders: ['touch', 'update'], beginning: 'a record' },
    message: '"answers":["touched","saved"]',
  },
  {
    name: 'sweep looks again and unlinks whichever state it finds',
    file: 'sweep.ts',
    edits: [
      [
        'this.#disk.unlink(`${directory}/${state.name}`)',
        'this.#disk.unlink(`${directory}/${(listingOf(await this.#disk.names(directory)).state ?? state).name}`)',
      ],
    ],
    caughtBy: { orders: ['update', 'sweep'], beginning: 'a record' },
    message: '"answers":["saved",1]',
  },
  {
    name: 'sweep counts what had been renewed as removed',
    file: 'sweep.ts',
    edits: [["if (isMissing(error)) return 'due'", "if (isMissing(error)) return 'removed'"]],
    caughtBy: { orders: ['touch', 'sweep'], beginning: 'a record' },
    message: '"answers":["touched",1]',
  },
  {
    name: 'create builds the session in its place',
    file: 'creation.ts',
    edits: [
      ['await this.#build(session, to)\n', 'await this.#build(session, { ...to, aside: to.place })\n'],
      ['      await this.#disk.rename(to.aside, to.place)\n', ''],
    ],
    caughtBy: { orders: ['create', 'create'], beginning: 'nothing' },
    message: 'its payload is missing',
  },
  {
    name: 'create clears away what is in its place without looking at it',
    file: 'creation.ts',
    edits: [['if (remains && remains.state === undefined)', 'if (remains)']],
    caughtBy: { orders: ['create', 'create'], beginning: 'the remains of a removal' },
    message: 'is none of',
  },
  {
    name: 'update removes the old payload before the new one counts',
    file: 'writes.ts',
    edits: [
      [
        '    const { seq, nonce } = next\n',
        '    const { seq, nonce } = next\n    await this.#records.removePayload(id, directory, payload, next.binding)\n',
      ],
    ],
    caughtBy: { orders: ['load', 'update'], beginning: 'a record' },
    message: 'its payload is missing',
  },
  {
    name: 'an update that lost removes the entry of its owner',
    file: 'writes.ts',
    edits: [['removePayload(id, directory, next, payload.binding)', 'removePayload(id, directory, next, undefined)']],
    caughtBy: { orders: ['update', 'touch'], beginning: 'a record' },
    message: '"owned":[{"sessions":[]}',
  },
  {
    name: 'destroy removes the payload first',
    file: 'writes.ts',
    edits: [
      [
        '      // The one that counts goes last',
        '      await this.#records.clear(id, directory, listing)\n      // The one that counts goes last',
      ],
    ],
    caughtBy: { orders: ['load', 'destroy'], beginning: 'a record' },
    message: 'its payload is missing',
  },
  {
    name: 'destroy does not look again after losing against a save',
    file: 'writes.ts',
    edits: [
      [
        'if (state ? !(await this.#remove(directory, state.name)) : removed === 0) continue',
        "if (state ? !(await this.#remove(directory, state.name)) : removed === 0) return 'gone'",
      ],
    ],
    caughtBy: { orders: ['touch', 'destroy'], beginning: 'a record' },
    message: '"answers":["touched","gone"]',
  },
  {
    name: 'sweep takes a payload that is about to count for an orphan',
    file: 'sweep.ts',
    edits: [['payload.seq > state.seq', 'payload.seq > state.seq + 1']],
    caughtBy: { orders: ['update', 'sweep before the purge time'], beginning: 'a record' },
    message: 'its payload is missing',
  },
  {
    name: 'sweep clears away what is being built, where it is',
    file: 'sweep.ts',
    edits: [
      ['if (!(await this.#isOld(path))) return\n', ''],
      ['const aside = `${path}.gone`', 'const aside = path'],
      ['await this.#disk.rename(path, aside)\n', ''],
    ],
    caughtBy: { orders: ['create', 'sweep before the purge time'], beginning: 'nothing' },
    message: '"answers":["created",0]',
  },
  {
    name: "the owner's entry comes after the write that binds",
    file: 'writes.ts',
    edits: [
      ['      if (fresh) await this.#records.enter(id, fresh)\n', ''],
      [
        '    await this.#disk.behind(() => this.#records.removePayload(',
        '    if (fresh) await this.#records.enter(id, fresh)\n    await this.#disk.behind(() => this.#records.removePayload(',
      ],
    ],
    caughtBy: { crash: 'update that changes the owner' },
    message: 'to deeply equal',
  },
  {
    name: 'a payload is removed before its entry',
    file: 'records.ts',
    edits: [
      [
        '    if (binding && binding.nonce !== kept?.nonce) {\n',
        '    await this.attempt(this.#disk.unlink(`${directory}/${name}`))\n    if (binding && binding.nonce !== kept?.nonce) {\n',
      ],
    ],
    caughtBy: { crash: 'destroy with an owner' },
    message: 'to deeply equal',
  },
  {
    name: 'touch leaves the sequence as it is',
    file: 'writes.ts',
    edits: [['seq: seq + 1, nonce', 'seq, nonce']],
    caughtBy: { crash: 'update' },
    message: 'to deeply equal',
  },
  {
    name: 'orphans are never cleared away',
    file: 'sweep.ts',
    edits: [['await this.#clearOrphans(id, directory, listing)', '']],
    caughtBy: { crash: 'update' },
    message: 'to deeply equal',
  },
  {
    name: 'what a removal has left is never cleared away',
    file: 'sweep.ts',
    edits: [['await this.#clearRemains(id, directory)\n', '']],
    caughtBy: { crash: 'destroy' },
    message: 'to deeply equal',
  },
  {
    name: 'what a create has left is never cleared away',
    file: 'sweep.ts',
    edits: [['if (unfinished) await this.#visitUnfinished(unfinished, path)', '']],
    caughtBy: { crash: 'create' },
    message: 'to deeply equal',
  },
  {
    name: "a session is absent where the store's directory is gone",
    file: 'records.ts',
    edits: [["await this.assertThere('sessions')\n      return undefined", 'return undefined']],
    caughtBy: { rule: 'ERROR-008' },
    message: 'load on a failing backend',
  },
]
