import { RedisStore } from 'connect-redis'
import { MemoryStore } from 'express-session'
import { createClient } from 'redis'
import type { Application } from './application.ts'
import { serveExpressSession } from './serve-express-session.ts'

/** How sessions are kept today: the same routes and races, for comparison. */
export interface Peer {
  readonly name: string
  /** @param place on a Redis server, as `scratchPlaces` gives it */
  start(place: string): Promise<Application>
}

export const peers: readonly Peer[] = [
  {
    name: 'express-session with its MemoryStore',
    start: () => serveExpressSession(new MemoryStore(), async () => {}),
  },
  {
    name: 'express-session with connect-redis',
    async start(place) {
      const [url, prefix = ''] = place.split('#')
      const client = createClient({ url: url ?? '' })
      await client.connect()
      return serveExpressSession(new RedisStore({ client, prefix: `${prefix}:` }), () => client.close())
    },
  },
]
