import type { Millis } from '../clock.ts'
import type { Codec } from '../data/codec.ts'
import type { DataFormat } from '../data/data-format.ts'
import type { OnConflict } from '../data/merge.ts'
import type { Header, Snapshot } from '../envelope.ts'
import type { SessionId } from '../store.ts'
import type { RecordKeeper } from './keeper.ts'
import type { Draft } from './snapshot.ts'

export interface RecordContext {
  readonly keeper: RecordKeeper
  readonly codec: Codec
  readonly format: DataFormat
  readonly onConflict: OnConflict | undefined
}

/** What writes a stored record. */
export type Writer = Pick<RecordKeeper, 'commit' | 'touch'>

/** How a record came to be in hand: loaded, or new and not stored until something is saved. */
export type Origin =
  | { readonly snapshot: Snapshot }
  | { readonly initialText: string; readonly draft: (text: string) => Draft; readonly id: SessionId | undefined }

export type SaveStatus = 'saved' | 'touched' | 'unchanged' | 'superseded' | 'gone'

/** What a write changes beside the data. */
export interface Alteration {
  readonly header?: (header: Header, now: Millis) => Header
  readonly owner?: string
}
