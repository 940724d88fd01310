/** Text that is HTML, SVG or XML already. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Content = string | number | Markup | undefined | readonly Content[]

/** Markup from a template. Whatever is put into it is escaped, unless it is `Markup` itself. */
export function markup(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(strings.map((string, n) => string + written(contents[n])).join(''))
}

function written(content: Content): string {
  if (content === undefined) return ''
  if (content instanceof Markup) return content.text
  if (typeof content === 'object') return content.map(written).join('')
  return escapeMarkup(String(content))
}

/**
 * Text for the content or an attribute of HTML, SVG or XML. What XML cannot hold (control characters, half of a surrogate
 * pair) is written out, such as `\x00`, so that it is seen.
 */
export function escapeMarkup(text: string): string {
  return text.replaceAll(/[&<>"']|[^\t\n\u{20}-\u{7e}\u{a0}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, escaped)
}

function escaped(character: string): string {
  const entity = entities[character]
  if (entity !== undefined) return entity
  const code = character.charCodeAt(0)
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
