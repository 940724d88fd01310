import { Browser } from './browser.js'
import { showReplays } from './races.js'

const container = document.querySelector('#browsers')
const browsers = ['a', 'b'].map((name) => new Browser(name, container))
for (const browser of browsers) browser.ask('state')
setInterval(() => {
  for (const browser of browsers) browser.tick()
}, 250)

const button = document.querySelector('#replay')
const status = document.querySelector('#replay-status')
button.addEventListener('click', async () => {
  button.disabled = true
  status.textContent = 'Running …'
  try {
    const response = await fetch('/api/replay', { method: 'POST' })
    if (!response.ok) throw new Error(`the server answered ${response.status}`)
    const replays = await response.json()
    showReplays(document.querySelector('#races'), replays)
    const ms = replays.reduce((sum, { naive, leeway }) => sum + naive.tookMs + leeway.tookMs, 0)
    status.textContent = `${replays.length * 2} runs in ${ms.toFixed(0)} ms, at ${new Date().toLocaleTimeString()}`
    button.textContent = 'Run them again'
  } catch (error) {
    status.textContent = `That did not work: ${error.message}`
  } finally {
    button.disabled = false
  }
})
