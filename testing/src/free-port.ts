import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below the ports that outgoing connections get (from 32768 on Linux): a client that tries again and again to reach a
 * server that is down would at last be given the server's port for its own end, and hold it.
 */
const [FIRST, LAST] = [10_000, 32_767]

/** A loopback port that nobody listens on. Somebody else may take it before it is used: be ready to try another. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1))
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
  } catch {
    return false
  }
  await once(server.close(), 'close')
  return true
}
