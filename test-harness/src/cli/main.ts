import { CommanderError } from 'commander'
import { EXIT } from './exit-codes.ts'
import { tellMistake } from './mistake.ts'
import { programOf } from './program.ts'

/** Runs a command line; resolves with the exit code. Whatever was wrong with it has then been told. */
export async function main(args: readonly string[]): Promise<number> {
  let code: number = EXIT.kept
  try {
    await programOf((exit) => {
      code = exit
    }).parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    // Commander has told it; help and version, which it ends in the same way, are no mistakes.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.kept : EXIT.noVerdict
    console.error(tellMistake(error))
    return EXIT.noVerdict
  }
}
