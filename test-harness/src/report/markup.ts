import { printable } from './printable.ts'

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

/** Text for the content or an attribute of HTML, SVG or XML. */
export function escapeMarkup(text: string): string {
  return printable(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
