/** The form of the visitor's note. What has been typed stays in it until it is saved, whatever becomes of the session. */
export class Memo {
  #form
  #field
  #status
  #owner = null
  #stored = ''

  constructor(form, onSave) {
    this.#form = form
    this.#field = form.querySelector('textarea')
    this.#status = form.querySelector('[role=status]')
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      onSave(this.#field.value)
    })
    form.addEventListener('input', () => this.#tell())
  }

  /** Shows the note of whoever is logged in, unless another one has been typed since. */
  show(owner, stored) {
    const unsaved = this.#isUnsaved
    const isOthers = owner !== null && this.#owner !== null && owner !== this.#owner
    const before = this.#owner
    this.#stored = stored
    this.#owner = owner ?? before
    if (!unsaved || isOthers) this.#field.value = stored
    this.#form.hidden = owner === null && !unsaved
    this.#tell(owner === null)
    if (unsaved && isOthers) this.#status.textContent = `What ${before} had not saved was taken off this page.`
  }

  /** Takes the note off the page. Returns whether something is lost by that. */
  clear() {
    const unsaved = this.#isUnsaved
    this.#field.value = this.#stored = ''
    this.#owner = null
    return unsaved
  }

  get #isUnsaved() {
    return this.#field.value !== this.#stored
  }

  #tell(isOut = false) {
    const unsaved = isOut ? 'Not saved, and still here: log in again to save it.' : 'Not saved yet.'
    this.#status.textContent = this.#isUnsaved ? unsaved : ''
  }
}
