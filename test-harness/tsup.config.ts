import { cpSync } from 'node:fs'
import { defineConfig } from 'tsup'
import { library } from '../tsup.base.ts'

export default defineConfig({
  ...library([]),
  entry: { index: 'src/index.ts', cli: 'src/cli.ts', 'child-entry': 'src/engine/child-entry.ts' },
  // What the package reads or hands out as it is.
  async onSuccess() {
    cpSync('starter', 'dist/starter', { recursive: true })
    cpSync('report.schema.json', 'dist/report.schema.json')
  },
})
