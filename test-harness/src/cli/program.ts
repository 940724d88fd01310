import { Command, Option } from 'commander'
import { TIERS, type Tier } from '../engine/rule.ts'
import { splitReplay } from '../engine/settings.ts'
import { explainText } from './explain.ts'
import { init } from './init.ts'
import { listJson, listText } from './list.ts'
import { collect, collectReport, collectWaiver, durationOf, seedOf, tierOf } from './option-values.ts'
import { REPORT_KINDS, type ReportFile } from './report-files.ts'
import { type RunRequest, run } from './run.ts'
import { type RuleFilters, ruleOf, selectRules } from './select-rules.ts'
import { version } from './version.ts'

interface RunFlags extends RuleFilters {
  readonly seed?: number
  readonly require?: Tier
  readonly waive?: Readonly<Record<string, string>>
  readonly report?: readonly ReportFile[]
  readonly soak?: number
  readonly deadline?: number
  readonly color: boolean
}

/** The command line. `end` is told the exit code of the command that was run. */
export function programOf(end: (code: number) => void): Command {
  const program = new Command('leeway-conformance')
    .description('Does your session store keep its promises? Tells which rules of the leeway contract a store keeps.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .option('--no-color', 'print without colours, as NO_COLOR in the environment does')
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(`leeway-conformance: ERR_INVALID_OPTION: ${text.replace(/^error: /, '')}`),
    })
    .showHelpAfterError('`leeway-conformance --help` shows commands, options and examples.')
    .addHelpText('after', examples)

  const running = program
    .command('run', { isDefault: true })
    .description('run the rules on a store (the default command)')
    .argument('<subject>', 'the module whose default export describes the store')
  withFilters(running)
  withRunOptions(running).action(async (file: string, _: unknown, command: Command) => {
    const flags = command.optsWithGlobals<RunFlags>()
    end(await run({ file, selected: selectRules(flags), ...requestOf(flags) }))
  })

  withFilters(program.command('list').description('list the rules'))
    .option('--json', 'as JSON')
    .action((flags: RuleFilters & { readonly json?: boolean }) => {
      const selected = selectRules(flags)
      console.log(flags.json ? listJson(selected) : listText(selected))
    })

  program
    .command('explain')
    .description('all that the kit knows of a rule')
    .argument('<rule>', 'its id, such as ORDER-007')
    .action((id: string) => console.log(explainText(ruleOf(id))))

  withRunOptions(
    program
      .command('replay')
      .description('run one rule again, or the one case of it that failed')
      .argument('<id>', 'as the report has it: ORDER-007, or STEP-002:aabb')
      .argument('<subject>', 'the module whose default export describes the store'),
  ).action(async (first: string, second: string, _: unknown, command: Command) => {
    const [id, file] = isReplayId(first) || !isReplayId(second) ? [first, second] : [second, first]
    const [rule] = id.includes(':') ? splitReplay(id) : [id]
    const replay = id === rule ? undefined : id
    end(await run({ file, selected: [ruleOf(rule)], replay, ...requestOf(command.optsWithGlobals<RunFlags>()) }))
  })

  program
    .command('init')
    .description('write a store to fill in, and its subject')
    .argument('[directory]', 'where to', '.')
    .option('--name <name>', 'what the store is called, in kebab case', 'my-store')
    .option('--javascript', 'JavaScript instead of TypeScript')
    .action(async (directory: string, flags: { readonly name: string; readonly javascript?: boolean }) => {
      console.log(await init({ directory, name: flags.name, language: flags.javascript ? 'js' : 'ts' }))
    })

  return program
}

function withFilters(command: Command): Command {
  return command
    .option('--rule <id>', 'only this rule; `ORDER-` or `ORDER-*` for a concept; repeatable', collect)
    .option('--grep <text>', 'only rules that have this text in their id, title or reason')
}

function withRunOptions(command: Command): Command {
  return command
    .option('--seed <n>', 'what the random rules draw from, as a report has told it', seedOf)
    .addOption(
      new Option(
        '--require <level>',
        `fail unless this level is kept, and all before it: ${TIERS.join(', ')}`,
      ).argParser(tierOf),
    )
    .option('--waive <id>=<reason>', 'leave out a rule that is knowingly not kept; repeatable', collectWaiver)
    .option(
      '--report <kind>=<file>',
      `write a report: ${Object.keys(REPORT_KINDS).join(', ')}; repeatable`,
      collectReport,
    )
    .option('--soak <minutes>', 'how long the random rules go on', durationOf)
    .option('--deadline <seconds>', 'without any answer for so long, a rule has failed (default: 10)', durationOf)
}

function requestOf(flags: RunFlags): Omit<RunRequest, 'file' | 'selected' | 'replay'> {
  const { seed, require, waive = {}, report = [], soak, deadline, color } = flags
  for (const id of Object.keys(waive)) ruleOf(id)
  const environment = process.env
  return {
    seed,
    waive,
    required: require,
    reports: report,
    soakMinutes: soak,
    deadlineMs: deadline === undefined ? undefined : deadline * 1_000,
    colors: color && !environment.NO_COLOR && (Boolean(environment.FORCE_COLOR) || process.stdout.isTTY),
  }
}

function isReplayId(text: string): boolean {
  return /^[A-Z]+-\d{3}(?::|$)/.test(text)
}

const examples = `
\`leeway-conformance run --help\` shows the options of a run.

Examples:
  npx @leeway/conformance ./my-store.subject.ts
  npx @leeway/conformance ./my-store.subject.ts --require concurrent --report junit=reports/leeway.xml
  npx @leeway/conformance ./my-store.subject.ts --rule ORDER- --report html=orders.html
  npx @leeway/conformance explain ORDER-007
  npx @leeway/conformance replay ORDER-007 ./my-store.subject.ts
  npx @leeway/conformance init stores --name redis-cluster

Exit codes:
  0    every promise that was checked is kept, and the required level reached
  1    a promise is broken, or the required level not reached
  2    no verdict: wrong usage, the subject cannot be loaded, nothing was run, the store or a report failed
  130  ended by Ctrl-C or SIGTERM; what was known by then has been printed
`
