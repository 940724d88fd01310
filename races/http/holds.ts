import { Barrier } from '../barrier.ts'

/** The places of an application at which a test holds its requests: by name, and never by time. */
export class Holds {
  readonly #barriers = new Map<string, Barrier>()

  /** Requests that name it wait from now on, until the test releases them. It is full once so many have arrived. */
  place(name: string, expected: number): Barrier {
    const barrier = new Barrier(expected)
    this.#barriers.set(name, barrier)
    return barrier
  }

  /** Where a request waits, if it named a place. */
  async at(name: string | null): Promise<void> {
    if (name !== null) await this.#barriers.get(name)?.arrive()
  }
}
