/* Live: one socket keeps this page as true as the server, without disturbing who is using it. */
(() => {
  const { body } = document
  const bar = document.getElementById("live-state")
  let channels = body.dataset.liveChannels
  if (!bar || !channels) return

  const ASK = 15000 // ms of silence after which we ask; so long without an answer means dead
  const OFFLINE = 10000 // ms without a connection that are called offline
  const GLOW = 2000
  const words = bar.dataset
  const byId = (id) => document.getElementById(id)
  const fill = (text, values) => (text || "").replace(/\{(\w+)\}/g, (_, name) => values[name])
  const clock = (at) => new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })

  /* The connection */
  let seq = Number(body.dataset.liveSeq) || 0
  let socket = null
  let opened = 0
  let heard = 0
  let asked = 0
  let tries = 0
  let retry = 0
  let over = false
  let lost = Date.now()
  let trueAt = Date.parse(words.renderedAt) || lost // until when the page is known to be true

  function connect() {
    clearTimeout(retry)
    if (over || socket) return
    const url = new URL("/live", location.href)
    url.protocol = url.protocol.replace("http", "ws")
    url.searchParams.set("since", seq)
    for (const channel of channels.split(" ")) url.searchParams.append("channel", channel)
    const mine = new WebSocket(url)
    socket = mine
    opened = asked = 0
    heard = Date.now()
    mine.onopen = () => (opened = heard = Date.now())
    mine.onmessage = (event) => mine === socket && receive(event.data)
    mine.onclose = (event) => mine === socket && closed(event.code)
  }

  function closed(code) {
    socket = null
    lost ||= Date.now()
    if (code === 4401) return end(words.signedOut, words.signIn)
    if (code === 4403) return location.reload()
    if (opened && Date.now() - opened > OFFLINE) tries = 0
    if (!opened && tries) probe()
    retry = setTimeout(connect, Math.min(30000, 1000 * 2 ** tries++) * (0.3 + Math.random() * 0.7))
    show()
  }

  /* A refused handshake looks like a dead network: the page's own address tells which it is. */
  async function probe() {
    const answer = await fetch(location.href, { method: "HEAD", redirect: "manual" }).catch(() => null)
    if (answer) refused(answer)
  }

  /* True when the server has said that this page is not for this person, or not any more. */
  function refused({ type, status }) {
    if (type === "opaqueredirect" || status === 401) end(words.signedOut, words.signIn)
    else if (status === 403) location.reload()
    else if (status === 404) end(words.gone)
    else return false
    return true
  }

  function drop() {
    const dead = socket
    closed(1006)
    dead.close()
  }

  function ask() {
    if (socket?.readyState !== 1 || asked) return
    asked = Date.now()
    socket.send("p")
  }

  function wake() {
    if (socket) return ask()
    tries = 0
    connect()
  }

  function tick() {
    const now = Date.now()
    if (socket && now - (asked || (opened ? Infinity : heard)) > ASK) drop()
    else if (opened && now - heard >= ASK) ask()
    show()
    settle()
  }

  function show() {
    if (over) return
    const age = lost && Date.now() - lost
    const name = !lost ? "live" : age < OFFLINE ? "reconnecting" : "offline"
    const text = fill(words[name], { since: clock(lost), page: clock(trueAt) })
    const word = bar.querySelector(".live-word")
    if (words.state !== name) words.state = name
    if (word.textContent !== text) word.textContent = text
  }

  function end(text, url) {
    over = true
    clearTimeout(retry)
    words.state = "offline"
    const word = document.createElement(url ? "a" : "span")
    if (url) word.href = `${url}?next=${encodeURIComponent(location.pathname + location.search)}`
    word.textContent = text
    bar.querySelector(".live-word").replaceChildren(word)
  }

  /* What arrived, by place: of several changes of one element only the last is made, once a picture. */
  const changes = new Map()
  let planned = false

  function receive(text) {
    const end = text.indexOf("\n")
    asked = lost = 0
    heard = trueAt = Date.now()
    seq = Math.max(seq, Number(text.slice(0, end)) || 0)
    const frame = document.createElement("template")
    frame.innerHTML = text.slice(end + 1)
    for (const { dataset, content } of frame.content.children) {
      const { live: kind, target, list } = dataset
      if (kind === "refresh") refresh(target)
      else later({ kind, target, list, fresh: content.firstElementChild, at: Number(dataset.seq) })
    }
    show()
  }

  function later(change) {
    if (change.fresh) fillTokens(change.fresh)
    /* A card for a list of another page must not push aside the same card for the list that is here. */
    if (change.kind === "upsert" && change.list && !byId(change.list)) return
    if (changes.get(change.target)?.at > change.at) return
    changes.delete(change.target)
    changes.set(change.target, change)
    if (planned) return
    planned = true
    if (document.hidden) setTimeout(flush, 200)
    else requestAnimationFrame(flush)
  }

  function flush() {
    planned = false
    const all = [...changes.values()]
    changes.clear()
    apply(all)
  }

  function apply(all) {
    for (const change of all) {
      const { target, at } = change
      if (waiting.get(target)?.at > at) continue
      waiting.delete(target)
      const old = byId(target)
      if (at < drawnAt(target, old || byId(change.list))) continue
      if (change.kind === "upsert") place(old, change)
      else if (old && change.kind === "remove") remove(old, change)
      else if (old && [...old.querySelectorAll("[id]")].some(({ id }) => drawn.get(id) > at)) refresh(target)
      else if (old) swap(old, change)
      if (!waiting.has(target)) drawn.set(target, at)
    }
    trim()
    pills()
  }

  /* The entry that each element was drawn at, also of what was taken away: nothing older takes its place,
     whether it comes in a frame or in a page. What is not named here is as old as the page. */
  const drawn = new Map()
  const first = seq

  function drawnAt(id, element) {
    let at = Math.max(first, drawn.get(id) || 0)
    for (; element; element = element.parentElement) at = Math.max(at, drawn.get(element.id) || 0)
    return at
  }

  function fillTokens(fresh) {
    const { content } = document.querySelector('meta[name="csrf-token"]')
    for (const field of fresh.querySelectorAll('input[name="csrf_token"][value=""]')) field.setAttribute("value", content)
  }

  /* Whoever uses something is not disturbed: what cannot be done now waits and is tried again. */
  const waiting = new Map()
  let pressed = null
  let moved = 0
  let settling = 0

  const wait = (change, more) => void waiting.set(change.target, { ...change, ...more })

  function settle() {
    apply([...waiting.values()])
  }

  function soon() {
    if (!waiting.size || settling) return
    settling = setTimeout(() => {
      settling = 0
      settle()
    }, 150)
  }

  function inUse(element) {
    const focus = document.activeElement
    const selection = getSelection()
    return (
      (pressed && element.contains(pressed)) ||
      (element.contains(focus) && focus.matches("input, select, textarea, [contenteditable]")) ||
      (!selection.isCollapsed && selection.containsNode(element, true)) ||
      element.querySelector('[aria-disabled="true"], .htmx-request') ||
      [...element.querySelectorAll("input:not([type=hidden]), select, textarea")].some(dirty)
    )
  }

  function dirty(field) {
    if (field.options) return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected))
    return field.checked !== field.defaultChecked || field.value !== field.defaultValue
  }

  function watched(list) {
    const { top, bottom } = list.getBoundingClientRect()
    const hovered = list.matches(":hover") && matchMedia("(hover: hover)").matches
    return hovered || list.contains(document.activeElement) || (top < 0 && bottom > 0)
  }

  /* Elements */
  const FOCUSABLE = "a, button, summary, [data-item], [tabindex]"

  function swap(old, change) {
    const { fresh } = change
    if (!fresh || same(old, fresh)) return
    if (inUse(old)) return wait(change)
    const open = [...old.querySelectorAll("details")].map((each) => each.open)
    const focus = keepFocus(old)
    old.replaceWith(fresh)
    fresh.querySelectorAll("details").forEach((each, n) => (each.open ||= Boolean(open[n])))
    focus(fresh)
    arrived(fresh)
  }

  /* Equal as the server drew them, whatever scripts have added since. */
  function same(old, fresh) {
    const drawn = old.cloneNode(true)
    for (const each of [drawn, ...drawn.querySelectorAll("*")]) {
      for (const name of ["tabindex", "data-htmx-powered"]) each.removeAttribute(name)
      each.classList.remove("glow")
      if (!each.className) each.removeAttribute("class")
    }
    return drawn.outerHTML === fresh.outerHTML
  }

  function keepFocus(old) {
    const focus = document.activeElement
    if (!old.contains(focus)) return () => {}
    const nth = [old, ...old.querySelectorAll(FOCUSABLE)].indexOf(focus)
    return (fresh) => {
      const found = (focus.id && byId(focus.id)) || [fresh, ...fresh.querySelectorAll(FOCUSABLE)][nth]
      if (!found) return
      if (focus.hasAttribute("tabindex")) found.tabIndex = focus.tabIndex
      found.focus({ preventScroll: true })
    }
  }

  function arrived(fresh) {
    window.htmx?.process(fresh)
    document.dispatchEvent(new CustomEvent("live:arrived"))
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return
    fresh.classList.add("glow")
    setTimeout(() => {
      fresh.classList.remove("glow")
      if (!fresh.className) fresh.removeAttribute("class")
    }, GLOW)
  }

  /* Lists: cards stand in the order of their keys; a list shows so many and knows whether more follow. */
  function place(old, change) {
    const { fresh, list: id, forced } = change
    const list = byId(id)
    if (!list || !fresh) return
    if (old?.parentElement === list && old.dataset.key === fresh.dataset.key) return swap(old, change)
    const others = [...list.children].filter((card) => card !== old)
    const before = others.find((card) => card.dataset.key > fresh.dataset.key) || null
    const full = others.length >= (Number(list.dataset.limit) || Infinity)
    if (!before && (full || "more" in list.dataset)) return beyond(old, list, full)
    if (before && !forced && watched(list)) return hold(old, list, change)
    if (old && inUse(old)) return wait(change)
    const focus = old ? keepFocus(old) : () => {}
    old?.remove()
    list.insertBefore(fresh, before)
    focus(fresh)
    arrived(fresh)
    if (!old && !change.told) announce()
  }

  function trim() {
    for (const list of document.querySelectorAll("[data-live-list][data-limit]")) {
      while (list.children.length > list.dataset.limit && !inUse(list.lastElementChild)) {
        list.dataset.more = ""
        list.lastElementChild.remove()
      }
    }
  }

  /* Its place is behind what the list shows. */
  function beyond(old, list, full) {
    if (old || !full) refresh(list.id)
    else list.dataset.more = ""
    if (old && old.parentElement !== list) old.remove()
  }

  /* It would push away what is being looked at: a new card waits behind a button, a known one stays put. */
  function hold(old, list, change) {
    if (old?.parentElement === list && !change.told) {
      const here = change.fresh.cloneNode(true)
      here.dataset.key = old.dataset.key
      swap(old, { ...change, fresh: here })
    }
    if (!old && !change.told) announce()
    wait(change, { told: true, isNew: !old })
  }

  function remove(old, change) {
    const list = old.closest("[data-live-list]")
    if (inUse(old) || (list?.matches(":hover") && Date.now() - moved < GLOW)) return wait(change, { quiet: false })
    if (old.contains(document.activeElement)) {
      (old.nextElementSibling || old.previousElementSibling)?.querySelector(FOCUSABLE)?.focus({ preventScroll: true })
    }
    old.remove()
    if (list && "more" in list.dataset && !change.quiet) refresh(list.id)
  }

  function pills() {
    const numbers = new Map()
    for (const { isNew, list } of waiting.values()) if (isNew) numbers.set(list, (numbers.get(list) || 0) + 1)
    for (const pill of document.querySelectorAll(".new-pill")) if (!numbers.has(pill.dataset.list)) pill.remove()
    for (const [id, n] of numbers) {
      let pill = document.querySelector(`.new-pill[data-list="${CSS.escape(id)}"]`)
      if (!pill) {
        pill = document.createElement("button")
        pill.type = "button"
        pill.className = "new-pill"
        pill.dataset.list = id
        pill.addEventListener("click", () => release(id))
        byId(id).before(pill)
      }
      pill.textContent = fill(words.fresh, { n })
    }
  }

  function release(id) {
    apply([...waiting.values()].filter((change) => change.list === id).map((change) => ({ ...change, forced: true })))
    byId(id).scrollIntoView({ block: "nearest" })
  }

  /* Said aloud, but not more often than one can listen. */
  let unsaid = 0
  let voice = null

  function announce() {
    if (!unsaid++) setTimeout(say, 3000)
  }

  function say() {
    if (!voice) {
      voice = document.createElement("p")
      voice.className = "sr"
      voice.role = "status"
      body.append(voice)
    }
    voice.textContent = fill(words.fresh, { n: unsaid })
    unsaid = 0
  }

  /* Regions, loaded again from the page's own address */
  const wanted = new Set()
  let loading = false
  let loadedAt = 0

  function refresh(target) {
    if (target !== "*" && !byId(target)) return
    wanted.add(target)
    if (loading) return
    loading = true
    // Thousands of pages may be told at once: each comes in its own moment.
    setTimeout(load, Math.max(loadedAt + 1000 - Date.now(), Math.random() * 300))
  }

  async function load() {
    const targets = [...wanted]
    const known = seq
    wanted.clear()
    loadedAt = Date.now()
    const answer = await fetch(location.href, { redirect: "manual" }).catch(() => null)
    const text = answer?.ok && (await answer.text().catch(() => ""))
    loading = false
    if (text) {
      const page = new DOMParser().parseFromString(text, "text/html")
      const at = Number(page.body.dataset.liveSeq)
      if (at < known) return location.reload() // another journal: the server's data was put back
      flush()
      renew(page, targets, at)
      for (const id of drawn.keys()) if (!byId(id)) drawn.delete(id) // whatever comes now was drawn later
    } else if (!answer || !refused(answer)) targets.forEach((target) => setTimeout(refresh, 3000, target))
    if (wanted.size) refresh([...wanted][0])
  }

  function renew(page, targets, at) {
    const all = targets.includes("*")
    for (const fresh of page.querySelectorAll("[data-live-list], [data-live-region]")) {
      const old = byId(fresh.id)
      if (!old || old === fresh || !(all || targets.includes(fresh.id))) continue
      if (fresh.matches("[data-live-list]")) renewList(old, fresh, at)
      else apply([{ kind: "put", target: fresh.id, fresh, at }])
    }
    if (all) seq = Math.max(seq, at)
    const now = page.body.dataset.liveChannels
    if (!now || now === channels) return
    channels = now
    if (socket) drop()
  }

  function renewList(old, fresh, at) {
    const cards = [...fresh.children]
    const list = old.id
    if (![...cards, ...old.children].every((card) => card.id && card.dataset.key)) {
      return apply([{ kind: "put", target: list, fresh, at }])
    }
    if (at < drawnAt(list, old)) return
    const kept = new Set(cards.map((card) => card.id))
    const gone = [...old.children].filter((card) => !kept.has(card.id))
    for (const change of waiting.values()) if (change.list === list && change.at <= at) waiting.delete(change.target)
    delete old.dataset.more
    apply(gone.map((card) => ({ kind: "remove", target: card.id, quiet: true, at })))
    apply(cards.map((card) => ({ kind: "upsert", target: card.id, list, fresh: card, at })))
    drawn.set(list, at)
    if ("more" in fresh.dataset) old.dataset.more = ""
    /* Newer than this page are the place or the end of one of its cards: who moves up is not known. */
    if ([...kept].some((id) => drawn.get(id) > at && !byId(id))) refresh(list)
  }

  document.addEventListener("pointerdown", ({ target }) => (pressed = target), true)
  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, () => setTimeout(() => ((pressed = null), soon())), true)
  }
  document.addEventListener("pointermove", () => (moved = Date.now()), { passive: true })
  for (const name of ["focusout", "pointerout", "selectionchange", "submit", "htmx:finally:request"]) document.addEventListener(name, soon)
  document.addEventListener("scroll", soon, { passive: true })
  document.addEventListener("saved", () => (lost ? location.reload() : ask()))
  document.addEventListener("visibilitychange", () => document.hidden || wake())
  window.addEventListener("online", wake)
  window.addEventListener("offline", ask)
  window.addEventListener("pageshow", (event) => event.persisted && wake())
  setInterval(tick, 1000)
  connect()
})()
