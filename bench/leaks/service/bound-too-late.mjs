// A cache with a limit that somebody chose for a larger machine: the heap is full long before it is.
import http from 'node:http'

class Pages {
  #pages = new Map()

  constructor({ maxEntries }) {
    this.maxEntries = maxEntries
  }

  get(path) {
    return this.#pages.get(path)
  }

  keep(path, page) {
    if (this.#pages.size >= this.maxEntries) this.#pages.delete(this.#pages.keys().next().value)
    this.#pages.set(path, page)
    return page
  }
}

const pages = new Pages({ maxEntries: 5_000_000 })
const render = (path) => ({ path, rows: Array.from({ length: 50 }, (_, row) => `${path} row ${row}`) })

http
  .createServer((request, response) => {
    const page = pages.get(request.url) ?? pages.keep(request.url, render(request.url))
    response.end(page.rows.join('\n'))
  })
  .listen(process.env.PORT)
