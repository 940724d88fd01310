/** How two samples of times differ. Beyond 4.5 either way, a statistic tells them apart, as dudect has it. */
export interface Comparison {
  readonly medians: readonly [number, number]
  /** Of the medians. */
  readonly difference: number
  /** Welch's t of what is left of both without the slowest tenth, which says more of the machine. */
  readonly welch: number
  /** Mann and Whitney's z: how often one of these is slower than one of those. */
  readonly rankSum: number
}

export function compared(these: readonly number[], those: readonly number[]): Comparison {
  const limit = quantile([...these, ...those], 0.9)
  const [a, b] = [these, those].map((times) => spread(times.filter((time) => time <= limit)))
  const medians = [quantile(these, 0.5), quantile(those, 0.5)] as const
  const welch = a && b ? (a.mean - b.mean) / Math.sqrt(a.variance / a.count + b.variance / b.count) : Number.NaN
  return { medians, difference: medians[0] - medians[1], welch, rankSum: rankSum(these, those) }
}

function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN
}

function spread(times: readonly number[]): { count: number; mean: number; variance: number } {
  const count = times.length
  const mean = times.reduce((sum, time) => sum + time, 0) / count
  return { count, mean, variance: times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (count - 1) }
}

function rankSum(these: readonly number[], those: readonly number[]): number {
  const all = [...these.map((time) => ({ time, isThese: 1 })), ...those.map((time) => ({ time, isThese: 0 }))]
  all.sort((a, b) => a.time - b.time)
  let sum = 0
  for (let at = 0; at < all.length; ) {
    let end = at
    while (end < all.length && all[end]?.time === all[at]?.time) end++
    // Equal times share the ranks from at + 1 to end.
    for (let i = at; i < end; i++) sum += ((at + 1 + end) / 2) * (all[i]?.isThese ?? 0)
    at = end
  }
  const [n, m] = [these.length, those.length]
  const u = sum - (n * (n + 1)) / 2
  return (u - (n * m) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12)
}
