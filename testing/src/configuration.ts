/**
 * A server's arguments as the lines of its configuration file. Unlike arguments, a file can be rewritten: what a
 * Sentinel has changed is then still so after a restart.
 */
export function configuration(args: readonly string[]): string {
  const words = args.map((arg) => (arg.startsWith('--') ? `\n${arg.slice(2)}` : ` ${JSON.stringify(arg)}`))
  return `${words.join('').trimStart()}\n`
}
