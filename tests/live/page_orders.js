/* Plays live.js against a made-up server in random orders: frames, pages that are loaded again, pictures that
   come late, lines that are cut, somebody who types and presses. At the end the page must hold what a page
   that is loaded now holds. Gives the first differences found, each with the seed that repeats it. */
async (source, seeds) => {
  const LIMITS = { events: 4, feed: 6 }
  const CHANNELS = "board user:1"

  function dice(seed) {
    let state = seed * 2654435761 + 1
    const roll = () => {
      state = (state + 0x6d2b79f5) | 0
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
    }
    return { roll, below: (n) => Math.floor(roll() * n), one: (list) => list[Math.floor(roll() * list.length)] }
  }

  /* The server: events in order of their keys, a feed that names them, a count, a region within a region. */
  class Server {
    events = new Map()
    entries = []
    seq = 0
    read = 0 // up to where the live reader is
    lines = []

    constructor(chance) {
      this.chance = chance
      for (let n = 0; n < 5; n++) this.change()
      this.read = this.seq
    }

    change() {
      const { events, chance } = this
      const seq = ++this.seq
      const known = [...events.keys()]
      const what = known.length < 2 ? "open" : chance.one(["open", "rename", "rename", "move", "close"])
      const id = what === "open" ? seq : chance.one(known)
      const event = events.get(id) || { id, title: `e${id}` }
      if (what === "open" || what === "move") event.key = `${chance.below(10)}-${String(id).padStart(4, "0")}`
      if (what === "rename") event.title = `e${id} of ${seq}`
      if (what === "close") events.delete(id)
      else events.set(id, event)
      this.entries.unshift({ seq, event, what })
    }

    card = ({ id, key, title }) => `<li id="event-${id}" data-key="${key}"><input id="note-${id}" value="">${title}</li>`
    entry = ({ seq, event, what }) => `<li id="entry-${seq}" data-key="${9999 - seq}">${what} ${event.title}</li>`
    counts = () => `<p id="counts" data-live-region>${this.events.size} open, ${this.entries.length} entries</p>`
    inner = () => `<i id="inner" data-live-region>${[...this.events.values()].at(-1).title}</i>`
    outer = () => `<div id="outer" data-live-region>${this.events.size}<input id="filter" value="">${this.inner()}</div>`

    sorted = () => [...this.events.values()].sort((a, b) => (a.key < b.key ? -1 : 1))

    list(id, items, draw) {
      const shown = items.slice(0, LIMITS[id])
      const more = items.length >= LIMITS[id] ? " data-more" : ""
      return `<ul id="${id}" data-live-list data-limit="${LIMITS[id]}"${more}>${shown.map(draw).join("")}</ul>`
    }

    page() {
      const lists = this.list("events", this.sorted(), this.card) + this.list("feed", this.entries, this.entry)
      return `<body data-live-seq="${this.seq}" data-live-channels="${CHANNELS}">${lists}${this.counts()}${this.outer()}</body>`
    }

    /* What happened after `since`, as frames of two channels, drawn as it is now. */
    frames(since) {
      const happened = this.entries.filter((entry) => entry.seq > since).reverse()
      this.read = this.seq
      if (!happened.length) return [`${this.seq}\n`]
      const part = (kind, target, list, html) =>
        `<template data-live="${kind}" data-target="${target}"${list ? ` data-list="${list}"` : ""} data-seq="${this.seq}">${html}</template>`
      const parts = []
      for (const { event } of new Map(happened.map((entry) => [entry.event.id, entry])).values()) {
        if (this.events.has(event.id)) parts.push(part("upsert", `event-${event.id}`, "events", this.card(event)))
        else parts.push(part("remove", `event-${event.id}`, "events", ""))
      }
      for (const entry of happened) parts.push(part("upsert", `entry-${entry.seq}`, "feed", this.entry(entry)))
      if (happened.some(({ what }) => what === "rename")) parts.push(part("refresh", "feed", "", ""))
      const regions = [part("put", "counts", "", this.counts()), part("put", "outer", "", this.outer())]
      if (this.chance.below(2)) regions.push(part("put", "inner", "", this.inner()))
      return [`${since}\n${parts.join("")}`, `${this.seq}\n${regions.join("")}`]
    }

    follow() {
      if (this.read === this.seq) return
      const frames = this.frames(this.read)
      for (const line of this.lines) if (line.let_in) line.waiting.push(...frames)
    }
  }

  /* The browser: one document, a clock that is moved by hand, pictures that come when they are told to. */
  class Browser {
    now = 1e12
    timers = new Map()
    pictures = []
    loads = []
    number = 0
    reloads = 0

    constructor(server, chance) {
      Object.assign(this, { server, chance })
      const page = `<html lang="en"><meta name="csrf-token" content="t">${server.page()}`
      this.document = new DOMParser().parseFromString(page, "text/html")
      const bar = this.document.createElement("p")
      bar.id = "live-state"
      bar.innerHTML = '<span class="live-word"></span>'
      this.document.body.append(bar)
      Object.defineProperty(this.document, "hidden", { value: false })
      this.start()
    }

    start() {
      const { server, chance } = this
      const browser = this
      class Line {
        waiting = []
        readyState = 0
        constructor(url) {
          this.since = Number(new URL(url).searchParams.get("since"))
          server.lines.push(this)
        }
        arrive() {
          this.readyState = 1
          this.let_in = true
          this.onopen()
          server.follow()
          this.waiting = server.frames(this.since)
        }
        send() {
          this.waiting.push(`${server.read}\n`)
        }
        close() {
          this.readyState = 3
          server.lines = server.lines.filter((line) => line !== this)
        }
      }
      class Clock extends Date {
        static now = () => browser.now
      }
      const chances = Object.create(Math)
      chances.random = chance.roll
      const given = {
        document: this.document,
        window: { addEventListener() {} },
        location: { href: "http://page.test/board", pathname: "/board", search: "", reload: () => browser.reloads++ },
        WebSocket: Line,
        fetch: () => new Promise((answer) => browser.loads.push({ answer })),
        requestAnimationFrame: (draw) => browser.pictures.push(draw),
        setTimeout: (call, wait = 0, ...more) => browser.later(() => call(...more), wait),
        clearTimeout: (id) => browser.timers.delete(id),
        setInterval: (call, wait) => browser.every(call, wait),
        matchMedia: () => ({ matches: true }),
        Date: Clock,
        Math: chances,
      }
      new Function(...Object.keys(given), source)(...Object.values(given))
    }

    later(call, wait) {
      this.timers.set(++this.number, { at: this.now + wait, call })
      return this.number
    }

    every(call, wait) {
      this.later(() => (call(), this.every(call, wait)), wait)
    }

    pass(time) {
      const until = this.now + time
      for (;;) {
        const due = [...this.timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at)[0]
        if (!due) break
        this.timers.delete(due[0])
        this.now = Math.max(this.now, due[1].at)
        due[1].call()
      }
      this.now = until
    }

    picture() {
      for (const draw of this.pictures.splice(0)) draw()
    }

    deliver() {
      const line = this.server.lines[0]
      if (line && !line.let_in) line.arrive()
      else if (line?.waiting.length) line.onmessage({ data: line.waiting.shift() })
    }

    /* A page is drawn at one moment and arrives at another. */
    load() {
      const next = this.loads[0]
      if (!next) return
      if (next.text === undefined) next.text = this.server.page()
      else {
        this.loads.shift()
        next.answer({ ok: this.chance.below(8) > 0, text: async () => next.text })
      }
    }

    cut() {
      const line = this.server.lines[0]
      if (!line) return
      line.close()
      line.onclose?.({ code: 1006 })
    }

    field = () => this.chance.one([...this.document.querySelectorAll("input")])
    type = () => (this.field().value = "typed")
    press = () => this.field().dispatchEvent(new Event("pointerdown", { bubbles: true }))

    leave() {
      for (const field of this.document.querySelectorAll("input")) field.value = field.defaultValue
      for (const name of ["pointerup", "focusout"]) this.document.body.dispatchEvent(new Event(name, { bubbles: true }))
    }

    async settle() {
      for (let turn = 0; turn < 60; turn++) {
        this.leave()
        this.server.follow()
        for (let n = 0; n < 6; n++) this.deliver()
        this.picture()
        this.load()
        await breath()
        this.pass(1000)
        await breath()
      }
    }

    shown = (document) =>
      ["events", "feed", "counts", "outer"].map((id) => document.getElementById(id).innerHTML.replaceAll(' tabindex="-1"', ""))
  }

  const breath = async () => {
    for (let n = 0; n < 6; n++) await Promise.resolve()
  }

  async function play(seed) {
    const chance = dice(seed)
    const server = new Server(chance)
    const browser = new Browser(server, chance)
    const acts = {
      change: 6, follow: 5, deliver: 9, picture: 3, load: 5, wait: 5, leave: 2, type: 1, press: 1, cut: 0.4,
    }
    const whole = Object.values(acts).reduce((a, b) => a + b)
    for (let step = 0; step < 120; step++) {
      let left = chance.roll() * whole
      const act = Object.keys(acts).find((name) => (left -= acts[name]) < 0)
      if (act === "change") server.change()
      else if (act === "follow") server.follow()
      else if (act === "wait") browser.pass(chance.one([20, 200, 1500]))
      else browser[act]()
      await breath()
    }
    await browser.settle()
    const mine = browser.shown(browser.document)
    const fresh = browser.shown(new DOMParser().parseFromString(server.page(), "text/html"))
    const wrong = mine.findIndex((html, n) => html !== fresh[n])
    if (browser.reloads) return { seed, reloads: browser.reloads }
    return wrong < 0 ? null : { seed, shows: mine[wrong], fresh: fresh[wrong] }
  }

  const found = []
  for (const seed of seeds) {
    const difference = await play(seed)
    if (difference) found.push(difference)
  }
  return found
}
