// An LRU cache with an age and no bound: what nobody asks for again is never looked at, and so never removed.
import { createServer } from 'node:http'
import { LRUCache } from 'lru-cache'

const quotes = new LRUCache({ ttl: 30_000 })

createServer((request, response) => {
  let quote = quotes.get(request.url)
  if (!quote) {
    quote = Array.from({ length: 70 }, (_, index) => ({
      article: `${request.url} ${index}`,
      price: Math.random() * 100,
    }))
    quotes.set(request.url, quote)
  }
  response.end(JSON.stringify(quote.slice(0, 3)))
}).listen(process.env.PORT, '127.0.0.1')
