import { describe, expect, it } from 'vitest'
import { blocksOf, comparable, documents, isPartOf, readDocument, rendered } from './shown-outputs.ts'

const blocks = (
  await Promise.all(documents.map(async (document) => blocksOf(document, await readDocument(document))))
).flat()

describe('the documents of this example', () => {
  it.each(blocks.filter(({ kind }) => kind !== 'ts'))(
    '$document: what is run in $place prints what is shown',
    async (block) => expect(comparable(await rendered(block))).toBe(comparable(block.text)),
    300_000,
  )

  it.each(blocks.filter(({ kind }) => kind === 'ts'))('$document: what is shown stands in $place', async (block) => {
    expect(await isPartOf(block), block.text).toBe(true)
  })

  it('show commands and code', () => {
    expect(blocks.filter(({ kind }) => kind === 'console').length).toBeGreaterThan(5)
    expect(blocks.filter(({ kind }) => kind === 'ts').length).toBeGreaterThan(5)
  })
})
