const template = document.querySelector('#browser-template')

/** One of the two browsers on the page: its requests carry a cookie of its own. */
export class Browser {
  #name
  #root
  #state
  /** The server's clock, less ours. */
  #skew = 0
  #out = false

  constructor(name, container) {
    this.#name = name
    container.append(template.content.cloneNode(true))
    this.#root = container.lastElementChild
    this.#find('h3').textContent = `Browser ${name.toUpperCase()}`
    this.#find('.login').addEventListener('submit', (event) => {
      event.preventDefault()
      this.ask('login', { name: this.#find('input').value })
    })
    this.#root.addEventListener('click', ({ target }) => {
      const action = target.dataset.do
      if (action) this.ask(action, target.dataset.id ? { id: target.dataset.id } : {})
    })
  }

  /** One request of this browser, and what it shows for the answer. */
  async ask(action, body = {}) {
    const before = this.#state
    const read = action === 'state'
    try {
      const response = await fetch(`/${this.#name}/api/${action}`, {
        method: read ? 'GET' : 'POST',
        headers: read ? {} : { 'content-type': 'application/json' },
        body: read ? undefined : JSON.stringify(body),
      })
      const answer = await response.json()
      if (!response.ok) {
        this.#say(answer.error)
        return
      }
      if (answer.gone || answer.loggedOut) {
        if (answer.gone) this.#say('This session was ended meanwhile.', true)
        await this.ask('state')
        return
      }
      this.#state = answer
      this.#skew = answer.now - Date.now()
      const wasIn = before?.stored && before.session.id !== answer.session.id
      this.#out = wasIn && action !== 'login'
      this.#say(
        this.#out ? 'The old session opens nothing any more. This is a new one.' : (done[action] ?? ''),
        this.#out,
      )
      this.#show()
    } catch (error) {
      this.#say(`No answer: ${error.message}`)
    }
  }

  tick() {
    if (!this.#state) return
    const { session, stored } = this.#state
    const now = Date.now() + this.#skew
    const phase = !stored ? 'none' : now < session.expiresAt ? 'live' : now < session.purgeAt ? 'grace' : 'over'
    const badge = this.#find('.badge')
    badge.textContent = this.#out ? 'logged out' : phases[phase]
    badge.dataset.state = this.#out ? 'out' : phase
    const idle = session.expiresAt - this.#state.now
    this.#fill('.live b', stored ? (session.expiresAt - now) / Math.max(idle, 1) : 0)
    this.#fill('.grace b', stored ? (session.purgeAt - now) / (session.purgeAt - session.expiresAt) : 0)
    for (const [place, instant] of [
      ['.live-until', session.expiresAt],
      ['.grace-until', session.purgeAt],
      ['.absolute-end', session.absoluteExpiresAt],
    ]) {
      this.#find(place).textContent = stored ? `${clock(instant)} (${left(instant - now)})` : '–'
    }
  }

  #show() {
    const { session, sessions, stored } = this.#state
    const { owner, visits } = session
    this.#find('.login').hidden = owner !== null
    this.#find('.who').hidden = owner === null
    this.#find('.hello').textContent = owner === null ? '' : `Hello, ${owner}`
    this.#find('.visits').textContent = visits
    this.#find('.visits-word').textContent = visits === 1 ? 'visit' : 'visits'
    this.#find('.id').textContent = stored ? `${session.id.slice(0, 6)}…` : '–'
    for (const action of ['shorten', 'rotate']) this.#find(`[data-do=${action}]`).disabled = !stored
    this.#find('.sessions').hidden = owner === null
    this.#find('.sessions h4').textContent =
      `${owner ?? ''}: ${sessions.length} live session${sessions.length === 1 ? '' : 's'}`
    this.#find('.sessions ul').replaceChildren(...sessions.map(listed))
    this.#find('[data-do=revoke-others]').disabled = sessions.length < 2
    this.tick()
  }

  #say(text, out = false) {
    const note = this.#find('.note')
    note.textContent = text
    note.classList.toggle('out', out)
  }

  #fill(selector, fraction) {
    this.#find(selector).style.transform = `scaleX(${Math.min(1, Math.max(0, fraction))})`
  }

  #find(selector) {
    return this.#root.querySelector(selector)
  }
}

const phases = { none: 'nothing stored', live: 'live', grace: 'in its grace', over: 'may be swept' }

const done = {
  login: 'Logged in: same id, new secret. The old cookie is dead.',
  rotate: 'A new secret is on its way; it counts once this browser has used it.',
  shorten: 'It ends in 20 seconds. Wait, then reload: nobody is served in the grace.',
  revoke: 'Ended. The other browser notices at its next request.',
  'revoke-others': 'Ended. The other browser notices at its next request.',
}

function listed({ id, expiresAt, current }) {
  const item = document.createElement('li')
  const code = document.createElement('code')
  code.textContent = `${id.slice(0, 6)}…`
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
    item.append(button)
  }
  return item
}

function clock(instant) {
  return new Date(instant).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' })
}

function left(ms) {
  if (ms <= 0) return 'past'
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 120) return `in ${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `in ${minutes} min` : `in ${Math.round(minutes / 60)} h`
}
