// An LRU cache that takes minutes to fill.
import { createServer } from 'node:http'
import { LRUCache } from 'lru-cache'

const pages = new LRUCache({ max: 4000 })

createServer((request, response) => {
  let page = pages.get(request.url)
  if (page === undefined) {
    page = Array.from({ length: 50 }, (_, index) => `<li>${request.url} ${index} ${Math.random()}</li>`).join('')
    pages.set(request.url, page)
  }
  response.end(page)
}).listen(process.env.PORT, '127.0.0.1')
