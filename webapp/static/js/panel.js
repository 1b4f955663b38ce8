/* The panel: focus goes into what was loaded, Esc or the close link empties it and gives the focus back. */
const panel = document.getElementById("panel")
let opener = null

function close() {
  panel.replaceChildren()
  if (opener?.isConnected) opener.focus()
  opener = null
}

document.addEventListener("click", (event) => {
  const link = event.target.closest('[hx-target="#panel"]')
  if (link && !panel.contains(link)) opener = link
}, true)

document.addEventListener("htmx:after:swap", () => {
  if (!panel.firstElementChild && document.activeElement === document.body) close()
  if (!panel.firstElementChild || panel.contains(document.activeElement)) return
  const first = [".error-summary", "[autofocus]", ".panel-title"].map((it) => panel.querySelector(it)).find(Boolean)
  first?.focus()
})

panel.addEventListener("click", (event) => {
  if (!event.target.closest("[data-panel-close]")) return
  event.preventDefault()
  close()
})

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !panel.firstElementChild || document.querySelector("dialog[open]")) return
  event.preventDefault()
  close()
})
