import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SessionStore } from '@leeway/core/adapter'
import { type Asked, ChildHandle, errorOf } from './child-handle.ts'
import type { Message, Opened, Reply } from './child-messages.ts'
import type { OpenOptions } from './subject.ts'

const entry = fileURLToPath(new URL(`./child-entry${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url))

/** The process ended before it had answered: nobody knows whether what was called has happened. */
export class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded'
}

/** A module that takes longer to import has nobody to blame but itself. */
const LONGEST_START_MS = 30_000

export interface ProcessOptions {
  /** Where the subject is the default export: a path or a file's URL. */
  readonly module: string
  /** What handles are opened with, unless something else is said. */
  readonly base: Omit<OpenOptions, 'step'>
  /** Given each store that was opened; gives what is to be called instead. */
  readonly follow: (store: SessionStore) => SessionStore
}

/**
 * A process that has imported the subject's module and opens handles on its store. Starting one takes time, so one is
 * used for many calls. It ends when this process does, or when it is killed.
 */
export class StoreProcess {
  /** Resolves once the subject has been imported. */
  readonly ready: Promise<void>
  /** Resolves once it has ended, by whatever cause, and all that it had sent has arrived. */
  readonly ended: Promise<void>
  readonly #base: Omit<OpenOptions, 'step'>
  readonly #follow: (store: SessionStore) => SessionStore
  readonly #startedAt = performance.now()
  readonly #child: ChildProcess
  readonly #ready = Promise.withResolvers<void>()
  readonly #handles = new Map<number, ChildHandle>()
  readonly #asked = new Map<number, PromiseWithResolvers<Reply>>()
  #numbers = 0
  #lastSign = Number.NEGATIVE_INFINITY
  #state: 'starting' | 'running' | 'ended' = 'starting'
  #cause: Error | undefined

  constructor({ module, base, follow }: ProcessOptions) {
    this.#base = base
    this.#follow = follow
    this.#child = fork(entry, [module], {
      execArgv: inherited(process.execArgv),
      env: { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...process.env },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.#child.on('message', (message: Message) => this.#heard(message))
    this.ready = this.#ready.promise
    this.ready.catch(() => {})
    this.ended = this.#watch()
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get hasEnded(): boolean {
    return this.#state === 'ended'
  }

  /** When it was last heard of, in milliseconds of `performance.now()`: while it starts, just now. */
  get lastSign(): number {
    if (this.#state !== 'starting') return this.#lastSign
    return Math.min(performance.now(), this.#startedAt + LONGEST_START_MS)
  }

  /** Opens a handle there, whose calls carry the reading of `clock`. */
  async open(options: Partial<Omit<OpenOptions, 'step'>> = {}): Promise<ChildHandle> {
    const { clock, scratch, namespace, maxPayloadBytes } = { ...this.#base, ...options }
    await this.ready
    const handle = this.#numbers++
    const ask = (asked: Asked) => this.#ask(handle, asked)
    const { answer, error } = await ask({ kind: 'open', scratch, namespace, maxPayloadBytes })
    if (error !== undefined) throw errorOf(error)
    const opened = new ChildHandle(answer as Opened, clock, ask, this.#follow)
    this.#handles.set(handle, opened)
    return opened
  }

  /** Ends it by SIGKILL, in the middle of whatever it does. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  #ask(handle: number, asked: Asked): Promise<Reply> {
    if (this.#state === 'ended') return Promise.reject(this.#whyEnded())
    const number = this.#numbers++
    const reply = Promise.withResolvers<Reply>()
    this.#asked.set(number, reply)
    // Where it cannot be sent, the process is about to be found to have ended.
    this.#child.send({ ...asked, number, handle }, undefined, undefined, () => {})
    return reply.promise
  }

  #heard(message: Message): void {
    this.#lastSign = performance.now()
    if (message.kind === 'failed') {
      this.#cause = errorOf(message.error)
    } else if (message.kind === 'reply') {
      this.#asked.get(message.number)?.resolve(message)
      this.#asked.delete(message.number)
    } else if (message.kind === 'ready') {
      this.#state = 'running'
      this.#ready.resolve()
    } else {
      this.#handles.get(message.handle)?.heard(message)
    }
  }

  async #watch(): Promise<void> {
    const disconnected = new Promise((resolve) => this.#child.once('disconnect', resolve))
    try {
      await once(this.#child, 'exit')
      // What it sent before it died has arrived by then.
      await disconnected
    } catch (error) {
      this.#cause = error as Error
    }
    this.#state = 'ended'
    this.#ready.reject(this.#whyEnded())
    for (const { reject } of this.#asked.values()) reject(this.#whyEnded())
    this.#asked.clear()
  }

  #whyEnded(): Error {
    return this.#cause ?? new ProcessEnded('the process has ended')
  }
}

/** The flags of this process that decide how modules are loaded, without those that would make another one debug or test. */
function inherited(flags: readonly string[]): string[] {
  const isScript = (flag = '') => /^(-e|-p|-pe|--eval|--print)$/.test(flag)
  const isOwn = (flag: string) => /^--(test|inspect|watch|cpu-prof|heap-prof|input-type)/.test(flag)
  return flags.filter((flag, n) => !isOwn(flag) && !isScript(flag) && !isScript(flags[n - 1]))
}
