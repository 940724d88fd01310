// `npm start`: the example app, on SQLite or, as LEEWAY_STORE says, on files or on a Redis that runs.
// Ctrl-C goes to the app itself, which closes its store and exits.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { environment, install, root } from './bootstrap.mjs'

await install()
const app = spawn('node', ['--conditions=@leeway/source', 'src/server.ts'], {
  cwd: join(root, 'examples', 'express'),
  env: environment,
  stdio: 'inherit',
})
// A terminal sends Ctrl-C to both processes; a process manager signals only this one, so it is passed on.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => app.kill(signal))
// npm's shell does not pass a signal on: when it has gone, nobody is left to stop the app.
const parent = process.ppid
setInterval(() => process.ppid !== parent && app.kill('SIGTERM'), 500).unref()
app.on('exit', (code, signal) => process.exit(signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : (code ?? 1)))
