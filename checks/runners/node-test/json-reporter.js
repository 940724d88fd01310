/** One line of JSON a test. */
export default async function* jsonReporter(source) {
  for await (const { type, data } of source) {
    if (!/^test:(?:pass|fail)$/.test(type) || data.details.type === 'suite') continue
    const message = data.details.error?.cause?.message
    yield `${JSON.stringify({ title: data.name, isSkipped: data.skip !== undefined, message })}\n`
  }
}
