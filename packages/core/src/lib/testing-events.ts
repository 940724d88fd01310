import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { EVENT_NAMES, type Events } from './events.ts'

export interface Recorded {
  readonly all: readonly { readonly name: keyof Events; readonly message: unknown }[]
  named<Name extends keyof Events>(name: Name): Events[Name][]
  [Symbol.dispose](): void
}

/** Everything published on leeway's channels until disposed of. */
export function recordEvents(): Recorded {
  const all: { name: keyof Events; message: unknown }[] = []
  const listen = (message: unknown, name: string | symbol) => {
    all.push({ name: name as keyof Events, message })
  }
  for (const name of EVENT_NAMES) subscribe(name, listen)
  return {
    all,
    named: <Name extends keyof Events>(name: Name) =>
      all.filter((event) => event.name === name).map((event) => event.message as Events[Name]),
    [Symbol.dispose]() {
      for (const name of EVENT_NAMES) unsubscribe(name, listen)
    },
  }
}
