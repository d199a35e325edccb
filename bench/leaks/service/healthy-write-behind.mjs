// Events are gathered and written four thousand at a time.
import { createServer } from 'node:http'

class Journal {
  #pending = []

  add(event) {
    this.#pending.push(event)
    if (this.#pending.length >= 4000) this.#flush()
  }

  #flush() {
    this.#pending = []
  }
}

const journal = new Journal()

createServer((request, response) => {
  journal.add({
    url: request.url,
    text: `${request.url} `.repeat(30) + Math.random(),
    trail: Array.from({ length: 40 }, (_, index) => index + Math.random()),
  })
  response.end('noted')
}).listen(process.env.PORT, '127.0.0.1')
