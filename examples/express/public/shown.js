/** A session in the list of a visitor's sessions. */
export function listed({ id, expiresAt, current }) {
  const item = document.createElement('li')
  const code = document.createElement('code')
  code.textContent = `${id.slice(0, 5)}…`
  const until = document.createElement('span')
  until.append(code, ` until ${clock(expiresAt)}`)
  item.append(until)
  if (current) {
    const here = document.createElement('em')
    here.textContent = 'this browser'
    item.append(here)
  } else {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'danger'
    button.dataset.do = 'revoke'
    button.dataset.id = id
    button.textContent = 'End'
    button.setAttribute('aria-label', `End session ${id.slice(0, 5)}`)
    item.append(button)
  }
  return item
}

export function clock(instant) {
  return new Date(instant).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' })
}

export function left(ms) {
  if (ms <= 0) return 'past'
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 120) return `in ${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `in ${minutes} min` : `in ${Math.round(minutes / 60)} h`
}
