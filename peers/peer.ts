import type { CookieClass, ExpressStore } from './express-api.ts'

/** Where a peer and its driver are loaded from, and what servers there are. */
export interface Services {
  readonly load: NodeJS.Require
  /** How often the check of crashes kills a process. */
  readonly kills: number
  readonly redisUrl?: string
  /** A connection string, or why there is no server. */
  readonly postgres?: { readonly url: string } | { readonly missing: string }
}

/** One handle on a peer's storage. */
export interface OpenPeer {
  readonly store: ExpressStore
  /** Runs the peer's own removal of what has expired, to its end. */
  cleanUp?(): Promise<void>
  close?(): unknown
}

/** A store for express-session, and how it is opened. */
export interface Peer {
  /** The name of its package. */
  readonly name: string
  readonly title: string
  /** Its driver, if a version of its own matters to what is found. */
  readonly driver?: string
  /** Where its records are. Only what is on this disk is there after a crash of this process and can be lost by one. */
  readonly storage: 'process' | 'disk' | 'server'
  /** A call of it is several calls of node:fs, which wait for the step of the operation. */
  readonly isStepped?: boolean
  /** Real time passes for it beside the clock's, and moves what is measured by up to this. */
  readonly jitterMs?: number
  /** Why no clean-up can be called. */
  readonly noCleanUp?: string
  /** How it is opened here and what its clean-up is. */
  readonly how: string
  /** Handles on one `scratch` are on the same sessions. */
  open(scratch: string, services: Services): OpenPeer | Promise<OpenPeer>
  /** Removes what is kept outside `scratch`. */
  discard?(scratch: string, services: Services): unknown
  /** Ends what all handles share. */
  end?(): unknown
}

interface ExpressSessionModule {
  readonly Cookie: CookieClass
  readonly MemoryStore: new () => ExpressStore
}

export function expressSession({ load }: Services): ExpressSessionModule {
  return load('express-session')
}
