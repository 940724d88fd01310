import { createHash } from 'node:crypto'
import { failuresSection } from './html/failures.ts'
import { ordersSection } from './html/orders.ts'
import { rulesSection } from './html/rules.ts'
import { script } from './html/script.ts'
import { style } from './html/style.ts'
import { guaranteesSection, verdictSection } from './html/verdict.ts'
import { Markup, markup } from './markup.ts'
import type { Report } from './report.ts'

/**
 * The report as one page that stands alone: verdict, failures, the ten orders drawn, and every rule. It needs no other
 * file, its policy forbids every request, and it can be read without JavaScript.
 */
export function toHtml(report: Report): string {
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${report.subject} and the leeway contract</title>
<style>${new Markup(style)}</style>
</head>
<body><main>
${verdictSection(report)}
${guaranteesSection(report.guarantees)}
${failuresSection(report)}
${ordersSection(report)}
${rulesSection(report)}
<footer>Made by @leeway/conformance. A skip is never a pass.</footer>
</main><script>${new Markup(script)}</script></body>
</html>
`
  return page.text
}

/** Nothing may be loaded, and no style or script run but those of the page. The empty icon keeps browsers from asking. */
const policy = [
  "default-src 'none'",
  `style-src '${hashOf(style)}'`,
  `script-src '${hashOf(script)}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

function hashOf(content: string): string {
  return `sha256-${createHash('sha256').update(content).digest('base64')}`
}
