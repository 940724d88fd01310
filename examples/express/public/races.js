/** Shows each order's two runs side by side, as the server reported them. */
export function showReplays(container, replays) {
  container.replaceChildren(...replays.map(race))
}

function race({ order, steps, naive, leeway }) {
  const title = element('h3', '', `Order ${order}`)
  title.append(element('span', 'order', '', steps.map(badge)))
  const lanes = element('div', 'lanes', '', [
    lane('Upsert, check then delete', naive),
    lane('leeway on SQLite', leeway),
  ])
  return element('article', 'race', '', [title, lanes])
}

function lane(name, { trace, verdict, readBack, tookMs }) {
  const lost = verdict === 'lost'
  const lines = trace.map(({ step, sinceExpiryMs, answer }) => {
    const seconds = sinceExpiryMs / 1000
    const when = element('time', '', `${seconds > 0 ? '+' : '−'}${Math.abs(seconds).toFixed(1)} s`)
    when.title = 'since the session expired'
    return element('li', lost && step === 'D' ? 'fatal' : '', '', [badge(step), element('span', '', answer), when])
  })
  const reads = readBack === null ? 'a later request finds no session' : `a later request reads “${readBack}”`
  const result = element(
    'p',
    `verdict ${verdict}`,
    lost ? 'Lost: it was saved, and then deleted.' : 'Kept: what was saved is there.',
  )
  result.append(element('small', '', `${reads} · ${tookMs.toFixed(1)} ms`))
  return element('div', 'lane', '', [element('h4', '', name), element('ol', '', '', lines), result])
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
