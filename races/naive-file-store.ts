import { mkdirSync } from 'node:fs'
import { readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

interface Stored {
  readonly value: string
  readonly expiresAt: number
}

/**
 * A session store on files as they are commonly written: one JSON file for each session; `set` writes a temporary file
 * and renames it over the old one, and the cleanup reads each file and removes it if it is old. Every call of the file
 * system is atomic; what is done with two of them is not.
 */
export class NaiveFileStore {
  readonly #directory: string

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true })
    this.#directory = directory
  }

  async get(id: string, now: number): Promise<string | undefined> {
    const stored = await this.#read(id)
    return stored && stored.expiresAt > now ? stored.value : undefined
  }

  /** @param atRename is told that the new file is about to take its place */
  async set(id: string, value: string, expiresAt: number, atRename = () => {}): Promise<void> {
    const temporary = `${this.#path(id)}.${crypto.randomUUID()}`
    const stored: Stored = { value, expiresAt }
    await writeFile(temporary, JSON.stringify(stored))
    atRename()
    await rename(temporary, this.#path(id))
  }

  destroy(id: string): Promise<void> {
    return unlink(this.#path(id)).catch(unlessMissing)
  }

  /** @param checked is told of each session that is old, before it is removed */
  async sweep(now: number, checked: (id: string) => Promise<void>): Promise<number> {
    let removed = 0
    for (const name of await readdir(this.#directory)) {
      if (!name.endsWith('.json')) continue
      const id = name.slice(0, -'.json'.length)
      const stored = await this.#read(id)
      if (stored === undefined || stored.expiresAt > now) continue
      await checked(id)
      await this.destroy(id)
      removed++
    }
    return removed
  }

  async #read(id: string): Promise<Stored | undefined> {
    const text = await readFile(this.#path(id), 'utf8').catch(unlessMissing)
    return text === undefined ? undefined : (JSON.parse(text) as Stored)
  }

  #path(id: string): string {
    return join(this.#directory, `${id}.json`)
  }
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
