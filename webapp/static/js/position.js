/* "Use my position": fills latitude and longitude, only where the browser can tell and the person presses. */
function offer() {
  if (!navigator.geolocation) return
  for (const button of document.querySelectorAll("[data-use-position]")) button.hidden = false
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-use-position]")
  if (!button) return
  const inputs = button.form.elements
  button.setAttribute("aria-busy", "true")
  navigator.geolocation.getCurrentPosition(({ coords }) => {
    inputs.latitude.value = coords.latitude.toFixed(6)
    inputs.longitude.value = coords.longitude.toFixed(6)
    button.removeAttribute("aria-busy")
  }, () => {
    button.hidden = true
    inputs.latitude.focus()
  }, { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 })
})

document.addEventListener("htmx:after:swap", offer)
offer()
