/* Theme and density: remembered in cookies that the server reads, so no page starts in the wrong look. */
const root = document.documentElement
const YEAR = 31536000

function choose(kind, value) {
  root.dataset[kind] = value
  document.cookie = `${kind}=${value};path=/;max-age=${YEAR};samesite=lax`
  show(kind)
}

function show(kind) {
  for (const button of document.querySelectorAll(`[data-${kind}-choice]`)) {
    button.setAttribute("aria-pressed", String(button.dataset[`${kind}Choice`] === root.dataset[kind]))
  }
}

function tick(clock) {
  const now = new Date()
  clock.dateTime = now.toISOString()
  clock.textContent = now.toLocaleTimeString(root.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
  setTimeout(tick, 60000 - (now.getTime() % 60000), clock)
}

root.dataset.js = ""
for (const fieldset of document.querySelectorAll(".look")) fieldset.hidden = false
for (const kind of ["theme", "density"]) {
  show(kind)
  document.addEventListener("click", (event) => {
    const button = event.target.closest(`[data-${kind}-choice]`)
    if (button) choose(kind, button.dataset[`${kind}Choice`])
  })
}

/* A menu closes when the person turns to something else. */
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false
  }
})
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]")
  if (!menu) return
  menu.open = false
  menu.querySelector("summary").focus()
})

const clock = document.getElementById("clock")
if (clock) {
  clock.hidden = false
  tick(clock)
}
