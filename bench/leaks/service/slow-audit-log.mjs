// Two megabytes a minute, in a private field of a class.
import { createServer } from 'node:http'

class AuditLog {
  #entries = []

  note(url) {
    this.#entries.push({
      url,
      at: new Date(),
      details: Array.from({ length: 35 }, (_, index) => `${url} was asked for ${index}`).join(),
    })
  }
}

const log = new AuditLog()

createServer((request, response) => {
  log.note(request.url)
  response.end(Array.from({ length: 50 }, (_, index) => `<li>${index} ${Math.random()}</li>`).join(''))
}).listen(process.env.PORT, '127.0.0.1')
