import { sep } from 'node:path'

/** Of the lines that a call came by after it had stood, so many are told. */
const LINES = 6
const BETWEEN = ' ← '
const INSTALLED = `node_modules${sep}`

/** The way of one call through the store's own code, by the sites of `call-sites.ts`. */
export class CallPath {
  readonly name: string
  /** From here on the store's code works for itself. */
  isOver = false
  #site: string | undefined
  #stood: { readonly site: string; readonly meanwhile: string } | undefined
  #after: string[] = []

  /** @param name as in `store1.update` */
  constructor(name: string) {
    this.name = name
  }

  reached(site: string): void {
    // What awaits is told after what it awaits, which is nearer to where the store stands.
    if (this.#site?.endsWith(BETWEEN + site)) return
    this.#site = site
    if (this.#stood) this.#after.push(whereItLeft(this.#stood.site, site))
  }

  /** Another call goes on while this one stands. */
  isPassedBy(other: CallPath): void {
    if (this.isOver || this.#site === undefined) return
    this.#stood = { site: this.#site, meanwhile: other.name }
    this.#after = []
  }

  /** Where it stood while another call went on, and how it went on itself. */
  get meeting(): Looked | undefined {
    if (!this.#stood) return undefined
    const { site, meanwhile } = this.#stood
    const isOwn = (line: string) => !site.includes(line) && !line.includes(INSTALLED)
    const after = [...new Set(this.#after)].filter(isOwn).slice(0, LINES)
    const then = after.length === 0 ? '' : `; then ${after.join(', ')}`
    return { site, text: `${site}: where ${this.name} stood while ${meanwhile} went on${then}` }
  }

  /** Where it was last. */
  get end(): Looked | undefined {
    return this.#site === undefined ? undefined : { site: this.#site, text: `${this.#site}: in ${this.name}` }
  }
}

/** A place in the store's code, and why it is told. */
export interface Looked {
  readonly site: string
  readonly text: string
}

/** The line, in the innermost function that both sites share, that the second one came by. */
function whereItLeft(stood: string, reached: string): string {
  const [before, now] = [stood.split(BETWEEN), reached.split(BETWEEN)]
  while (now.length > 1 && now.at(-1) === before.at(-1)) {
    now.pop()
    before.pop()
  }
  return now.at(-1) ?? reached
}
