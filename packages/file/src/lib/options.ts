import * as fs from 'node:fs'
import { resolve } from 'node:path'
import {
  assertKnownOptions,
  assertMaxPayloadBytes,
  assertNamespace,
  DEFAULT_MAX_PAYLOAD_BYTES,
  LeewayError,
} from '@leeway/core/adapter'
import type { FileSystem } from './file-system.ts'

export interface FileStoreOptions {
  /**
   * Where the sessions are kept; created, for its owner only (mode 0700), where there is none, within a directory that
   * exists. It must be on a disk of this machine: NFS and other network file systems have not been verified.
   */
  readonly directory: string
  /**
   * Keeps the sessions of several applications apart: 1 to 64 characters of `[a-z0-9_-]`, the name of a directory within
   * `directory`. Default `default`.
   */
  readonly namespace?: string | undefined
  /**
   * What an acknowledged write outlives. `process-crash`: the end of the process, however it ends; a power cut can take
   * the last writes, and damage what was being written. `power-loss`: the power cut too, at the price of one
   * `fsync` for a touch or a logout, two for a save, and three to six for a new session. Default `process-crash`.
   */
  readonly durability?: 'process-crash' | 'power-loss' | undefined
  /** The longest payload, in bytes of UTF-8, at least 1. Default 1 MiB (1,048,576). */
  readonly maxPayloadBytes?: number | undefined
  /** What to use instead of `node:fs`, for tests that step through its calls or let them fail. */
  readonly fs?: FileSystem | undefined
}

export interface ResolvedOptions {
  readonly directory: string
  readonly namespace: string
  readonly durability: 'process-crash' | 'power-loss'
  readonly maxPayloadBytes: number
  readonly fs: FileSystem
}

export function resolveOptions(options: FileStoreOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null) invalid('options', 'an object with at least a directory')
  const {
    directory,
    namespace = 'default',
    durability = 'process-crash',
    maxPayloadBytes = DEFAULT_MAX_PAYLOAD_BYTES,
    fs: files = fs,
  } = options
  assertKnownOptions(options, ['directory', 'namespace', 'durability', 'maxPayloadBytes', 'fs'], 'open')
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
    invalid('directory', 'the path of a directory')
  }
  assertNamespace(namespace)
  assertMaxPayloadBytes(maxPayloadBytes)
  if (durability !== 'process-crash' && durability !== 'power-loss') {
    invalid('durability', "'process-crash' or 'power-loss'")
  }
  if (typeof files !== 'object' || files === null || typeof files.rename !== 'function') {
    invalid('fs', 'node:fs, or what offers the same functions')
  }
  // Absolute, because the working directory may change while the store is open.
  return { directory: resolve(directory), namespace, durability, maxPayloadBytes, fs: files }
}

function invalid(name: string, expected: string): never {
  throw new LeewayError('ERR_INVALID_OPTION', `${name} must be ${expected}`, { operation: 'open' })
}
