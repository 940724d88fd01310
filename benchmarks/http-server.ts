// Serves one contender of http.ts in a process of its own, and tells how much of the processor it has used.
import { listenWithExpress, onExpress } from './http-express.ts'
import { listenWithFastify } from './http-fastify.ts'

const [name = '', directory = '', redisUrl = ''] = process.argv.slice(2)

const port = name in onExpress ? await listenWithExpress(name, { directory, redisUrl }) : await listenWithFastify(name)
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuMs: (user + system) / 1000 })
})
process.on('disconnect', () => process.exit())
process.send?.({ port })
