import { Memo } from './memo.js'
import { clock, left, listed } from './shown.js'

const template = document.querySelector('#browser-template')
const CROWD = 100

/** One of the two browsers on the page: its requests carry a cookie of its own. */
export class Browser {
  #name
  #root
  #onLogin
  #memo
  #state
  /** The server's clock, less ours. */
  #skew = 0
  /** What the badge says where this browser's session has ended. */
  #ended
  #asked = 0
  #answered = 0

  constructor(name, container, onLogin) {
    this.#name = name
    this.#onLogin = onLogin
    container.append(template.content.cloneNode(true))
    this.#root = container.lastElementChild
    this.#find('h3').textContent = `Browser ${name.toUpperCase()}`
    this.#root.setAttribute('aria-label', `Browser ${name.toUpperCase()}`)
    this.#find('.login').addEventListener('submit', (event) => {
      event.preventDefault()
      this.ask('login', { name: this.#find('input').value })
    })
    this.#memo = new Memo(this.#find('.memo'), (memo) => this.ask('memo', { memo }))
    this.#root.addEventListener('click', ({ target }) => {
      const action = target.dataset.do
      if (action === 'crowd') this.#crowd()
      else if (action) this.ask(action, target.dataset.id ? { id: target.dataset.id } : {})
    })
  }

  get loggedIn() {
    return Boolean(this.#state?.session.owner)
  }

  /** One request of this browser, and what it shows for the answer. */
  async ask(action, body = {}, note = done[action] ?? '') {
    const turn = ++this.#asked
    try {
      const response = await this.#send(action, body)
      const answer = await response.json()
      // An answer that was overtaken by a later request's would show the past.
      if (turn < this.#answered) return
      this.#answered = turn
      // The server knows this visitor no longer: what it knows instead tells why.
      if (response.status === 401) await this.ask('state', {}, answer.error)
      else if (!response.ok) this.#say(answer.error, true)
      else if (answer.loggedOut) {
        this.#state = undefined
        const lost = this.#memo.clear() ? ' The note that was not saved is gone.' : ''
        await this.ask('state', {}, `Logged out. A copy of the old cookie opens nothing.${lost}`)
      } else if (answer.gone) await this.ask('state')
      else this.#show(answer, action, note)
    } catch (error) {
      this.#say(`No answer: ${error.message}`, true)
    }
  }

  tick() {
    if (!this.#state) return
    const { session, stored, now: answeredAt } = this.#state
    const now = Date.now() + this.#skew
    const phase = !stored ? 'none' : now < session.expiresAt ? 'live' : now < session.purgeAt ? 'grace' : 'over'
    const badge = this.#find('.badge')
    badge.textContent = this.#ended ?? phases[phase]
    badge.dataset.state = this.#ended ? 'out' : phase
    const idle = session.expiresAt - answeredAt
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

  #send(action, body) {
    const url = `/${this.#name}/api/${action}`
    if (action === 'state') return fetch(url)
    return fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  }

  /** Visits that do not wait for each other. The browser sends some six at a time, the server takes them as they come. */
  async #crowd() {
    const before = this.#state?.session.visits ?? 0
    const button = this.#find('[data-do=crowd]')
    button.disabled = true
    this.#say(`${CROWD} visits under way …`)
    // A visitor without a session would begin a hundred.
    if (!this.#state?.stored) await this.ask('visit')
    const first = this.#state?.session.visits ?? before
    const answers = await Promise.allSettled(Array.from({ length: CROWD }, () => this.#send('visit', {})))
    const refused = answers.filter(({ value }) => !value?.ok).length
    await this.ask('state')
    const counted = (this.#state?.session.visits ?? 0) - first
    this.#say(`${CROWD} visits at once: ${counted} counted, ${refused || 'none'} refused.`, counted !== CROWD)
    button.disabled = false
  }

  #show(answer, action, note) {
    const before = this.#state
    const focused = this.#root.contains(document.activeElement)
    this.#state = answer
    this.#skew = answer.now - Date.now()
    const { session, sessions, stored, save, cookie } = answer
    const { id, owner, visits, memo } = session
    const changed = before?.stored && before.session.id !== id
    const expired = changed && before.session.expiresAt <= answer.now
    this.#ended = changed && owner === null ? (expired ? 'expired' : 'logged out') : undefined
    if (changed && owner !== null && action !== 'login') {
      this.#say('This browser has another session since: somebody logged in in another tab.')
    } else if (!this.#ended) this.#say(note)
    else if (expired) this.#say('The old session has expired: nobody is served in the grace.', true)
    else this.#say('The old session was ended, and opens nothing any more. This is a new one.', true)

    this.#memo.show(owner, memo)
    this.#find('.login').hidden = owner !== null
    this.#find('.who').hidden = owner === null
    this.#find('.hello').textContent = owner === null ? '' : `Hello, ${owner}`
    this.#find('.visits').textContent = visits
    this.#find('.visits-word').textContent = visits === 1 ? 'visit' : 'visits'
    this.#find('.id').textContent = stored ? id : '–'
    this.#find('.cookie').textContent = stored ? `${cookie}=${id.slice(0, 5)}….••••••••` : 'none yet'
    this.#find('.save').textContent = save
    for (const action of ['shorten', 'rotate']) this.#find(`[data-do=${action}]`).disabled = !stored
    this.#find('.sessions').hidden = owner === null
    this.#find('.sessions h4').textContent =
      `${owner ?? ''}: ${sessions.length} live session${sessions.length === 1 ? '' : 's'}`
    this.#find('.sessions ul').replaceChildren(...sessions.map(listed))
    this.#find('[data-do=revoke-others]').disabled = sessions.length < 2
    // What was focused may have gone with the form or the list.
    if (focused && !(document.activeElement?.offsetParent && this.#root.contains(document.activeElement))) {
      this.#find('[data-do=visit]').focus()
    }
    this.tick()
    if (action === 'login') this.#onLogin(this)
  }

  #say(text, bad = false) {
    const note = this.#find('.note')
    note.textContent = text
    note.classList.toggle('out', bad)
  }

  #fill(selector, fraction) {
    this.#find(selector).style.transform = `scaleX(${Math.min(1, Math.max(0, fraction))})`
  }

  #find(selector) {
    return this.#root.querySelector(selector)
  }
}

const phases = { none: 'nothing stored', live: 'live', grace: 'in its grace', over: 'may be removed' }

const done = {
  login: 'Logged in: same id, new secret. The old cookie is dead.',
  memo: 'Saved. It is there for as long as this session is.',
  rotate: 'A new secret is on its way; it counts once this browser has used it.',
  shorten: 'It ends in 20 seconds; reload then. Only the end of its grace never moves back.',
  revoke: 'Ended. The other browser is out at its next request.',
  'revoke-others': 'Ended. The other browser is out at its next request.',
}
