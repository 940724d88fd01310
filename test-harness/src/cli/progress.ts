import { SingleBar } from 'cli-progress'
import type { Rule } from '../engine/rule.ts'
import type { RuleResult } from '../report/report.ts'

/** Where there is no terminal, a line says what is running, so often. */
const LINE_MS = 3_000

/** What is shown while rules run. Rules run one after another, so the one under way follows the last result. */
export interface Progress {
  readonly onResult: (result: RuleResult) => void
  stop(): void
}

export function showProgress(stream: NodeJS.WriteStream, selected: readonly Rule[]): Progress {
  let done = 0
  const running = () => selected[done]?.id ?? ''
  const told = () => `${done}/${selected.length} ${running()}`
  const show = stream.isTTY ? bar(stream, selected.length, running()) : lines(stream, told)
  return {
    onResult({ id }) {
      if (selected[done]?.id !== id) return
      done++
      show.update(done, running())
    },
    stop: () => show.stop(),
  }
}

interface Display {
  update(done: number, running: string): void
  stop(): void
}

function bar(stream: NodeJS.WriteStream, total: number, first: string): Display {
  const shown = new SingleBar({
    stream,
    format: '{bar} {value}/{total} {running}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    clearOnComplete: true,
    hideCursor: true,
    gracefulExit: false,
  })
  shown.start(total, 0, { running: first })
  return { update: (done, running) => shown.update(done, { running }), stop: () => shown.stop() }
}

function lines(stream: NodeJS.WriteStream, told: () => string): Display {
  const timer = setInterval(() => stream.write(`${told()} ...\n`), LINE_MS)
  return { update: () => {}, stop: () => clearInterval(timer) }
}
