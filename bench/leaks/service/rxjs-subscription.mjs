// Each request listens to prices until the first comes, and forgets to stop listening.
import { createServer } from 'node:http'
import { Subject } from 'rxjs'

const prices = new Subject()

createServer((request, response) => {
  const seen = Array.from({ length: 110 }, (_, index) => `${request.url}#${index}`)
  prices.subscribe((price) => seen.push(price))
  response.end(String(seen.length))
}).listen(process.env.PORT, '127.0.0.1')
