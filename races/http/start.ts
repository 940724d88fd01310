import { type LeewayKind, openStore } from '../stores.ts'
import type { Application, ApplicationOptions, Binding } from './application.ts'
import { Browser } from './browser.ts'
import { WatchedStore } from './watched-store.ts'

/** An application on a store of this kind, and its first visitor. */
export interface Started extends AsyncDisposable {
  readonly app: Application
  readonly watched: WatchedStore
  readonly browser: Browser
}

/** @param place where it is kept, as `scratchPlaces` gives it */
export async function start(
  binding: Binding,
  kind: LeewayKind,
  place: string,
  options: ApplicationOptions = {},
): Promise<Started> {
  const watched = new WatchedStore(openStore(kind, place, options.clock))
  const app = await binding.start(watched.store, options)
  return { app, watched, browser: new Browser(app), [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}
