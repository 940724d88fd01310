// The process that the kit starts with the URL of a subject's module: opens its store, calls it as it is told, and ends
// with the process that started it. Prints nothing: what there is to tell goes over the channel.
import module from 'node:module'
import { isLeewayError } from '@leeway/core/adapter'
import type { ErrorData, Message, Request } from './child-messages.ts'
import { type ServedStore, serveStore } from './child-store.ts'
import { loadSubject } from './load-subject.ts'
import { machineNs } from './machine-clock.ts'

const handles = new Map<number, Promise<ServedStore>>()

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.on('uncaughtException', (error) => {
  send({ kind: 'failed', error: dataOf(error) })
  process.exit(1)
})

const subject = await loadSubject(process.argv[2] ?? '')
// Starting is what takes time, and a process that is killed leaves nothing in the cache for the next.
module.flushCompileCache?.()
process.on('message', (request: Request) => void serve(request))
send({ kind: 'ready' })

/** Calls are made in the order in which they came, without waiting for each other. */
async function serve(request: Request): Promise<void> {
  const { number, handle } = request
  const startedAt = machineNs()
  const store = await handles.get(handle)?.catch(() => undefined)
  const reply = (outcome: { answer: unknown } | { error: ErrorData }) =>
    send({ kind: 'reply', number, startedAt, endedAt: machineNs(), ...outcome })
  try {
    reply({ answer: await answerTo(request, store) })
  } catch (error) {
    reply({ error: dataOf(error) })
  }
  if (request.kind === 'call') store?.answered()
}

async function answerTo(request: Request, store: ServedStore | undefined): Promise<unknown> {
  const { handle } = request
  if (request.kind === 'open') {
    const opening = serveStore(subject, request, (message) => send({ ...message, handle }))
    handles.set(handle, opening)
    return (await opening).opened
  }
  if (store === undefined) throw new Error('there is no such handle')
  return request.kind === 'crash' ? store.crashAt(request.point) : store.call(request)
}

function send(message: Message): void {
  // The other end may be gone; then the end of this process is near.
  process.send?.(message, undefined, undefined, () => {})
}

function dataOf(error: unknown): ErrorData {
  if (isLeewayError(error)) {
    const { name, message, code, operation } = error
    return { name, message, code, operation }
  }
  if (error instanceof Error) return { name: error.name, message: error.message }
  return { name: 'Error', message: `a thrown ${typeof error}` }
}
