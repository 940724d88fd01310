import { sessions } from './sessions.ts'

// Enough for SQLite to copy its log, in a worker. The process then ends by itself.
sessions.startSweeper()
for (let count = 0; count < 40; count++) {
  const session = await sessions.open()
  Object.assign(session.data, { text: 'x'.repeat(200_000) })
  const { token } = await session.save()
  if ((await sessions.open(token)).isNew) throw new Error('a session that was just stored is not there')
}
await sessions.close()
