const applications: Record<string, () => Promise<unknown>> = {
  express: () => import('./express.ts'),
  'express-session': () => import('./express-session.ts'),
  fastify: () => import('./fastify.ts'),
  'fastify-session': () => import('./fastify-session.ts'),
  hono: () => import('./hono.ts'),
  koa: () => import('./koa.ts'),
  fetch: () => import('./fetch.ts'),
}

const start = applications[process.argv[2] ?? '']
if (start) await start()
else {
  console.error(`start one of: ${Object.keys(applications).join(', ')}`)
  process.exitCode = 1
}
