// Runs named parts one after the other, prints the seconds of each and what passed, and tells whether all did.
import { run } from './bootstrap.mjs'

/** @param {[name: string, command: string, args: string[]][]} parts */
export async function runParts(parts) {
  const results = []
  for (const [name, command, args] of parts) {
    console.log(`\n── ${name}: ${[command, ...args].join(' ')}`)
    const startedAt = performance.now()
    const passed = await run(command, args).then(
      () => true,
      (error) => {
        console.error(error.message)
        return false
      },
    )
    results.push({ name, passed, seconds: (performance.now() - startedAt) / 1000 })
  }
  console.log('')
  for (const { name, passed, seconds } of results) {
    console.log(`${passed ? 'passed' : 'FAILED'}  ${seconds.toFixed(1).padStart(6)} s  ${name}`)
  }
  const passed = results.filter((result) => result.passed).length
  return { passed, failed: results.length - passed }
}
