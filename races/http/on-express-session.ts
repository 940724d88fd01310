import { expressSessionStore } from '@leeway/express/express-session'
import type { Binding } from './application.ts'
import { UPDATE_TIMEOUT_MS } from './native.ts'
import { serveExpressSession } from './serve-express-session.ts'

export const onExpressSession: Binding = {
  name: 'express-session with leeway',
  start(store) {
    const kept = expressSessionStore({ store, updateTimeoutMs: UPDATE_TIMEOUT_MS })
    return serveExpressSession(kept, () => kept.close())
  },
}
