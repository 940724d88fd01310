import { rules } from '../test-harness/src/index.ts'
import { asked, notAsked } from './kit-rules.ts'
import type { Peer } from './peer.ts'
import { sources } from './sources.ts'
import { checks, type Finding } from './try-peer.ts'

/** What was found about one peer, or why it could not be tried. */
export interface PeerFindings {
  readonly peer: Peer
  /** Its package and its driver, with their versions. */
  readonly versions: string
  readonly findings: readonly Finding[] | { readonly missing: string }
}

/** What the kit says of each of leeway's stores, by rule. */
export type LeewayVerdicts = readonly ReadonlyMap<string, string>[]

interface Row {
  readonly rules: readonly string[]
  readonly title: string
  /** The findings that it sums up. */
  readonly of: readonly string[]
}

/** What the table asks. */
export const rows: readonly Row[] = [
  ...asked.map(({ rules, title }) => ({ rules, title, of: rules })),
  ...checks.map(({ name, rules, title }) => ({ rules, title: `${title} (\`${name}\`)`, of: [name] })),
]

/** The lines of the table: one a row, its cells in the order of the peers. */
export function tableLines(tried: readonly PeerFindings[], leeway: LeewayVerdicts): string[] {
  const heads = ['', 'rules', ...tried.map(({ peer }) => peer.title), "leeway's four"]
  return [
    line(heads),
    line(heads.map(() => '---')),
    ...rows.map(({ rules, title, of }) =>
      line([title, range(rules), ...tried.map(({ findings }) => cellOf(findings, of)), leewayCell(rules, leeway)]),
    ),
  ]
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** @throws if a finding is missing, which must not look like a pass */
export function cellOf(findings: PeerFindings['findings'], of: readonly string[]): string {
  if ('missing' in findings) return 'not run'
  const found = of.map((name) => findings.find((finding) => finding.of === name))
  if (found.some((finding) => !finding)) throw new Error(`nothing was found about ${of.join(', ')}`)
  const worst = (['error', 'fail', 'no notion'] as const).find((verdict) =>
    found.some((one) => one?.verdict === verdict),
  )
  if (worst === 'no notion') return '–'
  const part = found.map((one) => one?.part).find((one) => one !== undefined)
  if (worst === 'fail') return `**fail**${part === undefined ? '' : ` (${part})`}`
  return worst ?? 'pass'
}

function leewayCell(rules: readonly string[], stores: LeewayVerdicts): string {
  const all = new Set(stores.flatMap((verdicts) => rules.map((id) => verdicts.get(id) ?? 'not run')))
  all.delete('not-applicable')
  return [...all].join(', ') || '–'
}

/** `A-001 to A-009` where they are many of one concept, or all of them. */
function range(ids: readonly string[]): string {
  const isOneConcept = new Set(ids.map((id) => id.split('-')[0])).size === 1
  return ids.length > 3 && isOneConcept ? `${ids[0]} to ${ids.at(-1)}` : ids.join(', ') || '–'
}

/** The whole page but its introduction. */
export function findingsSection(tried: readonly PeerFindings[]): string[] {
  const ran = tried.flatMap(({ peer, findings }) => ('missing' in findings ? [] : [{ peer, findings }]))
  const failed = (findings: readonly Finding[]) => findings.filter(({ verdict }) => verdict === 'fail')
  const inAll = Object.keys(sources.all ?? {}).filter((name) =>
    ran.every(({ findings }) => failed(findings).some(({ of }) => of === name)),
  )
  const [first] = ran
  const shared = inAll.flatMap((name) => {
    const finding = first?.findings.find(({ of }) => of === name)
    return finding && first ? describe(finding, first.peer, sources.all?.[name]) : []
  })
  const own = ran.flatMap(({ peer, findings }) => {
    const others = failed(findings).filter(({ of }) => !inAll.includes(of))
    const texts = others.flatMap((finding) => describe(finding, peer, sources[peer.title]?.[finding.of]))
    return [`### ${peer.title}`, '', ...(others.length > 0 ? texts : ['Nothing but what all of them share.', ''])]
  })
  return ['### All of them', '', ...shared, ...own]
}

/** One finding: what was promised, what happened, where it comes from, and how to see it again. */
function describe(finding: Finding, peer: Peer, source: string | undefined): string[] {
  if (source === undefined) throw new Error(`${peer.title}, ${finding.of}: not yet looked up in its source`)
  const { of, message = '', expected, actual, trace = [], replay = of } = finding
  const check = checks.find(({ name }) => name === of)
  const title = check?.title ?? rules.find(({ id }) => id === of)?.title ?? ''
  const ids = check ? `${range(check.rules)}: ` : ''
  return [
    `**\`${of}\`** ${ids}${title}`,
    '',
    '```',
    ...trace,
    message,
    ...(expected === undefined ? [] : [`expected: ${expected}`]),
    ...(actual === undefined ? [] : [`actual:   ${actual}`]),
    '```',
    '',
    `${source} Again: \`node peers/run.mjs ${peer.title} ${replay}\``,
    '',
  ]
}

export function noNotionLines(tried: readonly PeerFindings[]): string[] {
  const reasons = new Map<string, string[]>()
  for (const { peer, findings } of tried) {
    for (const finding of 'missing' in findings ? [] : findings) {
      if (finding.verdict !== 'no notion') continue
      const key = `\`${finding.of}\`: ${finding.message}`
      reasons.set(key, [...(reasons.get(key) ?? []), peer.title])
    }
  }
  return [...[...reasons].map(([reason, titles]) => `- ${reason} (${titles.join(', ')})`)]
}

/** @throws if a concept's rules are left out without a reason */
export function notAskedLines(): string[] {
  const named = new Set(rows.flatMap((row) => row.rules))
  return [...Map.groupBy(rules, ({ id }) => id.split('-')[0] ?? '')].flatMap(([concept, all]) => {
    const left = all.filter(({ id }) => !named.has(id)).length
    if (left === 0) return []
    const reason = notAsked[concept]
    if (reason === undefined) throw new Error(`the rules named ${concept} are neither asked nor explained`)
    return [`- ${concept}, ${left} of ${all.length}: ${reason}`]
  })
}
