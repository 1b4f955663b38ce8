/* Quantities: − and + beside a number field, within the limits that the server wrote on it. */
function button(sign, name, press) {
  const made = document.createElement("button")
  made.type = "button"
  made.className = "button"
  made.textContent = sign
  made.setAttribute("aria-label", name)
  made.addEventListener("click", press)
  return made
}

function dress(input) {
  const step = (by) => () => {
    by > 0 ? input.stepUp() : input.stepDown()
    input.dispatchEvent(new Event("input", { bubbles: true }))
    input.dispatchEvent(new Event("change", { bubbles: true }))
  }
  const name = input.labels?.[0]?.textContent.trim() || input.name
  const frame = document.createElement("span")
  frame.className = "stepper"
  input.dataset.ready = ""
  input.replaceWith(frame)
  frame.append(button("−", `Less: ${name}`, step(-1)), input, button("+", `More: ${name}`, step(1)))
}

function dressAll() {
  document.querySelectorAll("input[data-stepper]:not([data-ready])").forEach(dress)
}

for (const name of ["htmx:after:swap", "live:arrived"]) document.addEventListener(name, dressAll)
dressAll()
