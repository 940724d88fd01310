import type { Options } from 'tsup'

/** What every published package builds alike: ESM for the oldest supported Node, with types and source maps. */
export function library(entry: string[]): Options {
  return {
    entry,
    format: ['esm'],
    target: 'node22',
    dts: true,
    sourcemap: true,
    clean: true,
    splitting: true,
    treeshake: true,
  }
}
