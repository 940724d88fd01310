/** Answers a call; an error carries the `code` that the system gave, as those of `node:fs` do. */
type Done = (error: Error | null) => void

/**
 * The part of `node:fs` that the store uses. A test can put its own around it, to hold the store before each call, or to
 * let a call fail. What is not told apart here means the same as there.
 */
export interface FileSystem {
  open(path: string, flags: number, mode: number, done: (error: Error | null, file: number) => void): void
  read(
    file: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | null, bytes: number) => void,
  ): void
  write(
    file: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | null, bytes: number) => void,
  ): void
  fsync(file: number, done: Done): void
  readdir(path: string, done: (error: Error | null, names: string[]) => void): void
  stat(path: string, done: (error: Error | null, stats: { readonly mtimeMs: number }) => void): void
  access(path: string, done: Done): void
  mkdir(path: string, mode: number, done: Done): void
  rename(from: string, to: string, done: Done): void
  unlink(path: string, done: Done): void
  rmdir(path: string, done: Done): void
  closeSync(file: number): void
  /** From here on only for opening the store, which is within the call of `fileStore()`. */
  mkdirSync(path: string, mode: number): void
  accessSync(path: string, mode: number): void
  readdirSync(path: string): string[]
  openSync(path: string, flags: number, mode?: number): number
  fsyncSync(file: number): void
}
