/* Forms: a pressed button says what it does, a second press does nothing, long texts survive an accident. */
const SLOW = 300
const WAY_OUT = 10000
const sending = new WeakMap()

function busy(form, button) {
  const label = button?.querySelector(".label")
  const before = label?.textContent
  if (label && button.dataset.busy) label.textContent = button.dataset.busy
  button?.setAttribute("aria-disabled", "true")
  const timers = [
    setTimeout(() => button?.setAttribute("data-slow", ""), SLOW),
    setTimeout(() => release(form, document.body.dataset.slowNote), WAY_OUT),
  ]
  sending.set(form, { button, label, before, timers })
}

function release(form, note) {
  const state = sending.get(form)
  if (!state) return
  state.timers.forEach(clearTimeout)
  sending.delete(form)
  if (state.label) state.label.textContent = state.before
  state.button?.removeAttribute("aria-disabled")
  state.button?.removeAttribute("data-slow")
  if (note && form.isConnected) say(note)
}

/* A form that arrived in a live fragment is drawn for many, so it carries no token of its own. */
function fillToken(form) {
  const token = form.elements.csrf_token
  if (token && !token.value) token.value = document.querySelector('meta[name="csrf-token"]').content
}

function say(text) {
  const line = document.createElement("p")
  line.className = "flash"
  line.dataset.kind = "info"
  line.textContent = text
  document.getElementById("flash")?.append(line)
}

document.addEventListener("submit", (event) => {
  const form = event.target
  // A file is saved beside the page, which hears nothing of it: its button stays as it is.
  if (form.method === "dialog" || form.method === "get" || "download" in form.dataset) return
  if (sending.has(form)) {
    event.preventDefault()
    event.stopImmediatePropagation()
    return
  }
  fillToken(form)
  busy(form, event.submitter)
  for (const area of form.querySelectorAll("textarea")) markSent(area)
}, true)

for (const name of ["htmx:finally:request", "htmx:error"]) {
  document.addEventListener(name, (event) => {
    const form = event.target.closest?.("form")
    if (form) release(form)
  })
}
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) release(form)
})

/* Drafts: what is typed in a text area is kept for this tab until the server has said that it has it. */
const DRAFT = "draft:"
const draftKey = (area) => `${DRAFT}${location.pathname}#${area.form?.getAttribute("action") || ""}#${area.name}`
const store = (key, draft) => sessionStorage.setItem(key, JSON.stringify(draft))
const drafts = () => Object.keys(sessionStorage).filter((key) => key.startsWith(DRAFT))

function markSent(area) {
  const kept = sessionStorage.getItem(draftKey(area))
  if (kept) store(draftKey(area), { ...JSON.parse(kept), sent: true })
}

function forgetIfSaved() {
  if (!document.querySelector('#flash [data-kind="success"]')) return
  for (const key of drafts()) if (JSON.parse(sessionStorage.getItem(key)).sent) sessionStorage.removeItem(key)
}

function restore(scope) {
  for (const area of scope.querySelectorAll("textarea")) {
    const kept = sessionStorage.getItem(draftKey(area))
    if (!kept || area.value || area.dataset.drafted) continue
    area.value = JSON.parse(kept).text
    area.dataset.drafted = ""
    area.after(note(area))
  }
}

function note(area) {
  const line = document.createElement("p")
  const discard = document.createElement("button")
  line.className = "draft-note"
  line.append("Your draft is back. ", discard)
  discard.type = "button"
  discard.className = "button button-quiet"
  discard.textContent = "Discard it"
  discard.addEventListener("click", () => {
    area.value = ""
    sessionStorage.removeItem(draftKey(area))
    line.remove()
    area.focus()
  })
  return line
}

document.addEventListener("input", (event) => {
  const area = event.target
  if (area.tagName !== "TEXTAREA") return
  if (area.value) store(draftKey(area), { text: area.value })
  else sessionStorage.removeItem(draftKey(area))
})
document.addEventListener("htmx:after:swap", () => {
  forgetIfSaved()
  restore(document)
})

/* On a shared phone nothing typed may outlive the person who typed it. */
if (!document.body.dataset.role) drafts().forEach((key) => sessionStorage.removeItem(key))
forgetIfSaved()
restore(document)
document.querySelector(".error-summary")?.focus()
