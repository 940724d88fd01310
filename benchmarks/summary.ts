/** Median, minimum and maximum, for a table. */
export function summary(values: readonly number[]): { median: string; min: string; max: string } {
  const sorted = [...values].sort((a, b) => a - b)
  return { median: shown(median(values)), min: shown(sorted[0]), max: shown(sorted.at(-1)) }
}

/** The same, for a line. */
export function spread(values: readonly number[]): string {
  const { median, min, max } = summary(values)
  return `${median} (${min} to ${max})`
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [below = Number.NaN, above = Number.NaN] = [sorted[middle - 1], sorted[middle]]
  return sorted.length % 2 === 1 ? above : (below + above) / 2
}

function shown(value = Number.NaN): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
