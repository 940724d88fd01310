import type { Measured } from './http-served.ts'
import type { Route } from './http-visitors.ts'
import { median, spread } from './summary.ts'

/** What the issue asks for: the share of the session-less application's requests per second. */
const TARGETS: Record<Route, Record<string, number>> = {
  increment: { 'leeway, memory': 0.75, 'leeway, SQLite': 0.5, 'leeway, files': 0.3, 'leeway, Redis': 0.5 },
  read: { 'leeway, memory': 0.9 },
}

export function isBaseline(name: string): boolean {
  return name.endsWith('no session')
}

/**
 * Prints a table for each route. A row with failed requests has no figures. What the counters lack is lost; the 64 that are
 * under way at the end of a round may be counted beside those that were acknowledged.
 */
export function report(names: readonly string[], measured: readonly Measured[]): void {
  for (const route of ['increment', 'read'] as const) {
    console.log(`\nroute /${route}, share of the same framework without sessions: median (lowest to highest)`)
    const of = (name: string) => measured.filter((one) => one.name === name && one.route === route)
    console.table(Object.fromEntries(names.map((name) => [name, row(of(name), of(baselineOf(name)), route)])))
  }
}

/** @throws where leeway lost an update, counted one twice, or a route that reads changed a counter */
export function assertKept(measured: readonly Measured[]): void {
  for (const one of measured.filter(({ name }) => name.startsWith('leeway'))) {
    const [least, most] = one.route === 'read' ? [0, 0] : [one.acknowledged, one.acknowledged + 64]
    if (one.counted < least || one.counted > most) {
      throw new Error(`${one.name} counted ${one.counted} where ${one.acknowledged} were acknowledged`)
    }
  }
}

function baselineOf(name: string): string {
  return /fastify/i.test(name) ? 'Fastify, no session' : 'Express, no session'
}

function row(own: readonly Measured[], baseline: readonly Measured[], route: Route): Record<string, unknown> {
  const [{ name = '' } = {}] = own
  const failed = own.reduce((sum, one) => sum + one.failed, 0)
  if (failed > 0) return { 'share of requests/s': `invalid: ${failed} requests failed` }
  const share = (of: (one: Measured) => number) => own.map((one, i) => of(one) / of(baseline[i] ?? one))
  return {
    'share of requests/s': spread(share(({ requestsPerSecond }) => requestsPerSecond)),
    target: TARGETS[route][name] ?? '',
    'requests/s': spread(own.map(({ requestsPerSecond }) => requestsPerSecond)),
    'p50, ms': median(own.map(({ p50Ms }) => p50Ms)),
    'p99, ms': median(own.map(({ p99Ms }) => p99Ms)),
    "server's CPU, µs a request": spread(own.map(({ cpuMsPerRequest }) => 1000 * cpuMsPerRequest)),
    'updates lost': isBaseline(name) ? '' : own.reduce((lost, one) => lost + missing(one), 0),
  }
}

function missing({ acknowledged, counted, route }: Measured): number {
  return Math.max(0, route === 'read' ? -counted : acknowledged - counted)
}
