/**
 * Nanoseconds that all processes of this machine count alike. Node's `hrtime` is such a clock; that of Bun and Deno
 * begins with each process.
 */
export const machineNs: () => bigint =
  'Bun' in globalThis || 'Deno' in globalThis
    ? () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1_000_000))
    : () => process.hrtime.bigint()
