import { crc32 } from 'node:zlib'
import type { SessionId, StoredSession, Version } from '@leeway/core/adapter'
import { DamagedRecord } from './failures.ts'

export type Content = Pick<StoredSession, 'id' | 'version' | 'owner' | 'payload'>

const NEWLINE = 0x0a
const headPattern = /^leeway ([0-9a-f]{8}) (\d{1,16})$/
const LONGEST_HEAD = 40

/**
 * The file of a payload: a line with checksum and length of what follows, a line of JSON with what it belongs to, and the
 * payload as it is.
 */
export function encodePayload({ id, version, owner, payload }: Content): Buffer {
  const body = `${JSON.stringify({ id, version, owner })}\n${payload}`
  const checksum = crc32(body).toString(16).padStart(8, '0')
  return Buffer.from(`leeway ${checksum} ${Buffer.byteLength(body)}\n${body}`)
}

/** How long the whole file is, by its first bytes. Throws where they are not of such a file. */
export function payloadFileBytes(start: Buffer): number {
  return head(start).bodyAt + head(start).bytes
}

/** Throws where it is not exactly what was written for this id and version. */
export function decodePayload(file: Buffer, id: SessionId, version: Version): Content {
  const { checksum, bytes, bodyAt } = head(file)
  const body = file.subarray(bodyAt)
  if (body.length !== bytes) throw new DamagedRecord(`its payload has ${body.length} bytes instead of ${bytes}`)
  if (crc32(body) !== checksum) throw new DamagedRecord('its payload is not what was written')
  const lineEnd = body.indexOf(NEWLINE)
  const of: Omit<Content, 'payload'> = JSON.parse(body.toString('utf8', 0, lineEnd))
  if (of.id !== id || of.version !== version) throw new DamagedRecord('its payload belongs to another')
  return { id, version, owner: of.owner, payload: body.toString('utf8', lineEnd + 1) }
}

function head(file: Buffer): { checksum: number; bytes: number; bodyAt: number } {
  const end = file.subarray(0, LONGEST_HEAD).indexOf(NEWLINE)
  const [, checksum, bytes] = headPattern.exec(file.toString('latin1', 0, Math.max(end, 0))) ?? []
  if (checksum === undefined) throw new DamagedRecord('its payload is not one that leeway wrote')
  return { checksum: Number.parseInt(checksum, 16), bytes: Number(bytes), bodyAt: end + 1 }
}
