import { constants } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, isMissing } from './failures.ts'
import type { FileSystem } from './file-system.ts'
import { Permits } from './permits.ts'

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants
const READ = O_RDONLY | O_NOFOLLOW
const CREATE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
const FILE_MODE = 0o600
export const DIRECTORY_MODE = 0o700

/** So many files are open at once, however many calls there are: a process may have about 1,000, its connections included. */
const OPEN_FILES = 64
const BUFFER_BYTES = 16_384
/** So many callers may go on before what they leave behind is cleared away. */
const BEHIND = 64
/** Other programs on Windows hold files for a moment: a rename is tried again 8 times, within 255 ms. */
const RENAME_TRIES = 8

type Done = (error: Error | null) => void

/** The calls of the file system that the store makes, as promises. */
export class Disk {
  readonly #fs: FileSystem
  readonly #isDurable: boolean
  readonly #permits = new Permits(OPEN_FILES)
  readonly #buffers: Buffer[] = []
  readonly #behind = new Set<Promise<void>>()

  constructor(fs: FileSystem, isDurable: boolean) {
    this.#fs = fs
    this.#isDurable = isDurable
  }

  names(path: string): Promise<string[]> {
    return new Promise((resolve, reject) => {
      this.#fs.readdir(path, (error, names) => (error ? reject(error) : resolve(names)))
    })
  }

  /** Makes a file that is not there yet; with durability, its data are on the disk afterwards. */
  async create(path: string, data?: Buffer): Promise<void> {
    const file = await this.#open(path, CREATE)
    try {
      if (data) await this.#write(file, data)
      if (data && this.#isDurable) await done((call) => this.#fs.fsync(file, call))
    } finally {
      this.#close(file)
    }
  }

  /**
   * Reads a whole file.
   *
   * @param bytesOf how long the file is, by its first bytes
   * @param decode must not keep the buffer, which is used again
   */
  async read<T>(path: string, bytesOf: (start: Buffer) => number, decode: (file: Buffer) => T): Promise<T> {
    const file = await this.#open(path, READ)
    const buffer = this.#buffers.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)
    try {
      let whole = buffer.subarray(0, await this.#readInto(file, buffer, 0))
      const bytes = bytesOf(whole)
      for (let read = 1; whole.length < bytes && read > 0; ) {
        // Never more than what has been read says: a damaged length must not take the memory.
        const larger = Buffer.allocUnsafe(Math.min(bytes, 4 * whole.length))
        whole.copy(larger)
        read = await this.#readInto(file, larger, whole.length)
        whole = larger.subarray(0, whole.length + read)
      }
      return decode(whole)
    } finally {
      this.#buffers.push(buffer)
      this.#close(file)
    }
  }

  /** Moves the exact name, with some patience for whoever holds it. */
  async rename(from: string, to: string): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        return await done((call) => this.#fs.rename(from, to, call))
      } catch (error) {
        if (tries === RENAME_TRIES || !['EPERM', 'EACCES', 'EBUSY'].includes(codeOf(error) ?? '')) throw error
        await sleep(2 ** tries)
      }
    }
  }

  unlink(path: string): Promise<void> {
    return done((call) => this.#fs.unlink(path, call))
  }

  rmdir(path: string): Promise<void> {
    return done((call) => this.#fs.rmdir(path, call))
  }

  mkdir(path: string): Promise<void> {
    return done((call) => this.#fs.mkdir(path, DIRECTORY_MODE, call))
  }

  access(path: string): Promise<void> {
    return done((call) => this.#fs.access(path, call))
  }

  modifiedAt(path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#fs.stat(path, (error, stats) => (error ? reject(error) : resolve(stats.mtimeMs)))
    })
  }

  /** With durability: what changed in a directory outlives a power cut from now on. False where it is gone. */
  async settle(directory: string): Promise<boolean> {
    if (!this.#isDurable) return true
    const file = await this.#open(directory, O_RDONLY).catch((error: unknown) => {
      if (isMissing(error)) return undefined
      throw error
    })
    if (file === undefined) return false
    try {
      await done((call) => this.#fs.fsync(file, call))
      return true
    } finally {
      this.#close(file)
    }
  }

  /**
   * Clears something away while the caller goes on. If much is waiting to be cleared away already, the caller waits too.
   * No failure gets out: the next sweep finds what is left.
   */
  async behind(work: () => Promise<void>): Promise<void> {
    const running = work()
      .catch(() => {})
      .finally(() => this.#behind.delete(running))
    this.#behind.add(running)
    if (this.#behind.size > BEHIND) await running
  }

  /** Resolves once nothing is left to clear away. */
  async idle(): Promise<void> {
    await Promise.all(this.#behind)
  }

  async #open(path: string, flags: number): Promise<number> {
    await this.#permits.take()
    try {
      return await new Promise((resolve, reject) => {
        this.#fs.open(path, flags, FILE_MODE, (error, file) => (error ? reject(error) : resolve(file)))
      })
    } catch (error) {
      this.#permits.giveBack()
      throw error
    }
  }

  /**
   * Closing moves nothing to or from a disk of this machine: in a thread of its own it would cost more than the read.
   * What a write has to say, it has said by then.
   */
  #close(file: number): void {
    try {
      this.#fs.closeSync(file)
    } catch {
    } finally {
      this.#permits.giveBack()
    }
  }

  #readInto(file: number, buffer: Buffer, at: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const give: (error: Error | null, bytes: number) => void = (error, bytes) =>
        error ? reject(error) : resolve(bytes)
      this.#fs.read(file, buffer, at, buffer.length - at, at, give)
    })
  }

  async #write(file: number, data: Buffer): Promise<void> {
    for (let at = 0; at < data.length; ) {
      const written = await new Promise<number>((resolve, reject) => {
        this.#fs.write(file, data, at, data.length - at, at, (error, bytes) => (error ? reject(error) : resolve(bytes)))
      })
      if (written === 0) throw new Error('a write wrote nothing')
      at += written
    }
  }
}

function done(call: (callback: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => (error ? reject(error) : resolve()))
  })
}
