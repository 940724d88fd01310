/** The search box: shows the rules that have all the words, wherever they stand. */
export const script = `
const box = document.getElementById('search')
const found = document.getElementById('found')
const rules = [...document.querySelectorAll('.rule')].map((rule) => ({ rule, text: rule.textContent.toLowerCase() }))
box.hidden = false
box.querySelector('input').addEventListener('input', ({ target }) => {
  const words = target.value.toLowerCase().split(/\\s+/).filter(Boolean)
  let shown = 0
  for (const { rule, text } of rules) {
    rule.hidden = !words.every((word) => text.includes(word))
    if (!rule.hidden) shown++
  }
  found.textContent = words.length === 0 ? '' : shown + (shown === 1 ? ' rule' : ' rules')
})
const reveal = () => {
  const target = document.getElementById(location.hash.slice(1))
  if (target && target.matches('details')) target.open = true
}
addEventListener('hashchange', reveal)
reveal()
`
