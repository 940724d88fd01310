/** Shows each order's two runs side by side, as the server reported them. */
export function showReplays(container, replays) {
  container.replaceChildren(...replays.map(race))
}

/** What the runs came to, in a sentence. */
export function summary(replays) {
  const [naive, leeway] = ['naive', 'leeway'].map(
    (side) => replays.filter((replay) => replay[side].verdict === 'lost').length || 'none',
  )
  return `The upsert store lost the session in ${naive} of ${replays.length} orders, leeway in ${leeway}.`
}

function race({ order, steps, naive, leeway }) {
  const title = element('h3', '', `Order ${order}`)
  const letters = element('span', 'order', '', steps.map(badge))
  title.append(letters)
  const lanes = element('div', 'lanes', '', [
    lane('Upsert, check then delete', naive),
    lane('leeway on SQLite', leeway),
  ])
  return element('article', 'race', '', [title, lanes])
}

function lane(name, { trace, verdict, readBack, tookMs }) {
  const lines = []
  let before = true
  for (const { step, sinceExpiryMs, answer } of trace) {
    if (before && sinceExpiryMs >= 0) {
      lines.push(element('li', 'expiry', 'the session expires'))
      before = false
    }
    const fatal = verdict === 'lost' && step === 'D'
    const seconds = sinceExpiryMs / 1000
    const when = element('time', '', `${seconds < 0 ? '−' : '+'}${Math.abs(seconds).toFixed(1)} s`)
    when.title = 'since the session expired'
    lines.push(element('li', fatal ? 'fatal' : '', '', [badge(step), element('span', '', answer), when]))
  }
  const reads = readBack === null ? 'A later request finds no session' : `A later request reads “${readBack}”`
  const result = element('p', `verdict ${verdict}`, verdicts[verdict])
  result.append(element('small', '', `${reads}. The steps took ${tookMs.toFixed(1)} ms.`))
  return element('div', 'lane', '', [element('h4', '', name), element('ol', '', '', lines), result])
}

const verdicts = {
  lost: 'Lost: it was saved, and then deleted.',
  kept: 'Kept: what was saved is there.',
  refused: 'Nothing lost: it had expired, so the request began a new session.',
}

function badge(step) {
  return element('b', step === 'C' || step === 'D' ? 'cleanup' : '', step)
}

function element(tag, className, text, children = []) {
  const made = document.createElement(tag)
  if (className) made.className = className
  made.append(text, ...children)
  return made
}
