/* Keyboard: every key presses something that is on the page already. Can be switched off for good. */
const root = document.documentElement
const help = document.getElementById("keys")
const CHORD = 1500
let chord = 0

const on = () => localStorage.getItem("keys") !== "off"
const typing = (element) => element.closest?.("input, select, textarea, [contenteditable]")
const shown = (element) => element.checkVisibility?.() ?? true

function press(selector, scope = document) {
  const target = [...scope.querySelectorAll(selector)].find(shown)
  target?.click()
  return Boolean(target)
}

function here() {
  return document.activeElement?.closest("[data-item]")
}

function move(by) {
  const items = [...document.querySelectorAll("[data-item]")].filter(shown)
  const next = items[Math.max(0, Math.min(items.length - 1, items.indexOf(here()) + by))]
  if (!next) return false
  next.tabIndex = -1
  next.focus()
  next.scrollIntoView({ block: "nearest" })
  return true
}

function open() {
  const item = here()
  if (!item || item !== document.activeElement) return false
  const link = item.querySelector("a[href]")
  if (item.dataset.open) location.assign(item.dataset.open)
  else link?.click()
  return true
}

function go(key) {
  chord = 0
  return press(`[data-go="${CSS.escape(key)}"]`)
}

function act(key) {
  if (chord && performance.now() - chord < CHORD) return go(key)
  if (key === "g") {
    chord = performance.now()
    return true
  }
  if (key === "j") return move(1)
  if (key === "k") return move(-1)
  if (key === "Enter") return open()
  if (key === "?") return toggleHelp()
  const own = `[data-key="${CSS.escape(key)}"]`
  return (here() && press(own, here())) || press(own)
}

function toggleHelp() {
  help.open ? help.close() : help.showModal()
  return true
}

function showSwitch() {
  root.dataset.keys = on() ? "on" : "off"
  const button = help.querySelector("[data-keys-switch]")
  button.textContent = on() ? button.dataset.off : button.dataset.on
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return
  if (!on() || (help.open && event.key !== "?") || event.key.length > 1 && event.key !== "Enter") return
  if (act(event.key)) event.preventDefault()
})

document.addEventListener("click", (event) => {
  if (event.target.closest('[data-opens="keys"]')) toggleHelp()
  if (!event.target.closest("[data-keys-switch]")) return
  localStorage.setItem("keys", on() ? "off" : "on")
  showSwitch()
})

for (const button of document.querySelectorAll('[data-opens="keys"]')) button.hidden = false
showSwitch()
