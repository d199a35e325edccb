// Much that lives for a while: old enough to reach the old generation, gone a few seconds later.
const http = require('http')

const recent = []

http
  .createServer((request, response) => {
    recent.push(Array.from({ length: 400 }, (_, index) => ({ index, url: request.url })))
    if (recent.length > 300) recent.shift()
    response.end(String(recent.length))
  })
  .listen(process.env.PORT, '127.0.0.1')
