import { join } from 'node:path'
import type { SessionId } from '@leeway/core/adapter'
import type { Binding } from './names.ts'

/** Where everything is, within the directory of one namespace. */
export class Layout {
  /** Tells the store's directory from somebody else's, and one form of the store from another. */
  readonly mark: string
  readonly sessions: string
  readonly owners: string

  constructor(directory: string, namespace: string) {
    const base = join(directory, namespace)
    this.mark = join(base, MARK)
    this.sessions = join(base, 'sessions')
    this.owners = join(base, 'owners')
  }

  shard(name: string): string {
    return `${this.sessions}/${name}`
  }

  shardOf(id: SessionId): string {
    return this.shard(shardName(id))
  }

  session(id: SessionId): string {
    return `${this.shardOf(id)}/${id}`
  }

  /** One of 4,096, so that a list reads few entries of other owners, however many sessions there are. */
  bucket(owner: string): string {
    return `${this.owners}/${owner.slice(0, 3)}`
  }

  entry(id: SessionId, { owner, nonce }: Binding): string {
    return `${this.bucket(owner)}/${owner}.${id}.${nonce}`
  }
}

/** The name says which form of the store this is; another form is refused. */
export const MARK = 'leeway-1'

/** The last two characters: ids that core derives begin alike. */
export function shardName(id: SessionId): string {
  return id.slice(-2)
}

export function idOfEntry(name: string, owner: string): SessionId | undefined {
  const [of, id, , ...more] = name.split('.')
  return of === owner && id !== undefined && more.length === 0 ? id : undefined
}
