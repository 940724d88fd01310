import { type Markup, markup } from '../markup.ts'

/** A sentence in which `code` stands between backticks. */
export function prose(text: string): Markup {
  return markup`${text.split('`').map((part, n) => (n % 2 === 1 ? markup`<code>${part}</code>` : part))}`
}
