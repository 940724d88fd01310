import { writeFile } from 'node:fs/promises'
import { blocksOf, documents, pathOf, readDocument, rendered } from './shown-outputs.ts'

/** Runs every command that the documents show, and puts what it prints now in the place of what it printed then. */
for (const document of documents.filter((one) => process.argv.length < 3 || process.argv.includes(one))) {
  let text = await readDocument(document)
  for (const block of blocksOf(document, text).filter(({ kind }) => kind !== 'ts')) {
    const now = await rendered(block)
    text = text.replace(block.text, () => now)
    console.log(now)
  }
  await writeFile(pathOf(document), text)
}
