import { parse } from 'secure-json-parse'
import type { Header } from './envelope.ts'

/** A flash value that waits to be taken: its key, and the value as the codec encoded it. */
export type Flashed = readonly [key: string, text: string]

/** What a client told about itself, or its connection showed: for people to read, never to decide on. */
export interface ClientHints {
  /** The `User-Agent` header; its first 255 characters are kept. */
  readonly userAgent?: string | undefined
  /** Where the request came from, as the application sees it; the first 255 characters are kept. */
  readonly address?: string | undefined
}

/** What core keeps about a person beside the data. It is stored with the data, so that a codec that encrypts covers it. */
export interface Aside {
  readonly flash?: readonly Flashed[]
  readonly client?: ClientHints
}

/** What is stored: the header's line without the aside, and the text with the aside's line before it, if there is one. */
export function withAside(header: Header, text: string): { line: Header & { aside?: true }; body: string } {
  if (!header.flash && !header.client) return { line: header, body: text }
  const { flash, client, ...line } = header
  return { line: { ...line, aside: true }, body: `${JSON.stringify({ flash, client })}\n${text}` }
}

/** The way back. `undefined` for a body that is not one of ours. */
export function readAside(
  line: Header & { aside?: unknown },
  body: string,
): { header: Header; text: string } | undefined {
  if (line.aside === undefined) return { header: line, text: body }
  const { aside, ...header } = line
  const end = body.indexOf('\n')
  if (aside !== true || end < 0) return undefined
  let read: unknown
  try {
    // What is known of the client is given away as it is, and whoever copies it must not copy a prototype.
    read = parse(body.slice(0, end), undefined, { protoAction: 'error', constructorAction: 'ignore' })
  } catch {
    return undefined
  }
  return isAside(read) ? { header: { ...header, ...read }, text: body.slice(end + 1) } : undefined
}

function isAside(value: unknown): value is Aside {
  if (typeof value !== 'object' || value === null) return false
  const { flash, client, ...others } = value as Record<string, unknown>
  return (
    Object.keys(others).length === 0 &&
    (flash === undefined || (Array.isArray(flash) && flash.every(isFlashed))) &&
    (client === undefined || isClient(client))
  )
}

function isFlashed(value: unknown): value is Flashed {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string')
}

function isClient(value: unknown): value is ClientHints {
  if (typeof value !== 'object' || value === null) return false
  const { userAgent, address } = value as Record<string, unknown>
  return [userAgent, address].every((hint) => hint === undefined || typeof hint === 'string')
}
