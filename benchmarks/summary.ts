/** Median, minimum and maximum, for a table. */
export function summary(values: readonly number[]): { median: string; min: string; max: string } {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const median =
    sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
  return { median: shown(median), min: shown(sorted[0]), max: shown(sorted.at(-1)) }
}

function shown(value = Number.NaN): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
