// Writes docs/mutants.md anew: every mutant is run for it.
import { writeFileSync } from 'node:fs'
import { mutants } from './index.ts'
import { kill } from './kill.ts'
import { MUTANTS_PAGE, pageOf } from './page.ts'

const kills = []
for (const mutant of mutants) kills.push(await kill(mutant))
for (const { complaint } of kills) if (complaint !== undefined) console.error(complaint)
writeFileSync(MUTANTS_PAGE, pageOf(kills))
process.exitCode = kills.some(({ complaint }) => complaint !== undefined) ? 1 : 0
