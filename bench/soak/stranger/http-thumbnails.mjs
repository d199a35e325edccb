import { createServer } from 'node:http'

const KB = 1024

class Thumbnails {
  #byUrl = new Map()
  #held = 0
  #room

  constructor(room) {
    this.#room = room
  }

  get used() {
    return this.#held
  }

  find(url) {
    const found = this.#byUrl.get(url)
    if (found) return found
    const made = { url, pixels: Array.from({ length: 60 }, (_, at) => at * url.length) }
    const cost = 8 * made.pixels.length + 2 * url.length
    this.#squeeze(cost)
    this.#byUrl.set(url, { made, cost })
    this.#held += cost
    return { made, cost }
  }

  #squeeze(cost) {
    while (this.used + cost > this.#room) this.#dropOldest()
  }

  #dropOldest() {
    const [[url, { cost }]] = this.#byUrl
    this.#byUrl.delete(url)
    this.#held -= cost
  }
}

const thumbnails = new Thumbnails(200 * KB ** 2)

createServer((request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(thumbnails.find(request.url).made))
}).listen(process.env.PORT)
