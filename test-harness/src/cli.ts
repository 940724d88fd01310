#!/usr/bin/env node
import { main } from './cli/main.ts'

const code = await main(process.argv.slice(2))
// A subject may hold connections open that nobody closes; what was printed goes out first.
process.stdout.write('', () => process.exit(code))
