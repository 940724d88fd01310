import { Browser } from './browser.js'
import { showReplays, summary } from './races.js'

const container = document.querySelector('#browsers')
const browsers = ['a', 'b'].map((name) => new Browser(name, container, listAgain))
for (const browser of browsers) browser.ask('state')
setInterval(() => {
  for (const browser of browsers) browser.tick()
}, 250)

/** So that the other browser's list shows who has just logged in, as it would after a reload. */
function listAgain(one) {
  for (const browser of browsers) if (browser !== one && browser.loggedIn) browser.ask('state')
}

const button = document.querySelector('#replay')
const all = document.querySelector('#all')
const status = document.querySelector('#replay-status')
button.addEventListener('click', async () => {
  button.disabled = true
  status.textContent = 'Running …'
  try {
    const response = await fetch('/api/replay', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ all: all.checked }),
    })
    if (!response.ok) throw new Error(`the server answered ${response.status}`)
    const replays = await response.json()
    showReplays(document.querySelector('#races'), replays)
    status.textContent = `${summary(replays)} Run at ${new Date().toLocaleTimeString()}.`
    button.textContent = 'Run them again'
  } catch (error) {
    status.textContent = `That did not work: ${error.message}`
  } finally {
    button.disabled = false
  }
})
