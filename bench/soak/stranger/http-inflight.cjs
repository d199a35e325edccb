// What is under way is noted, and forgotten when it is done: but for one way out.
const http = require('http')
const inflight = new Map()
let n = 0
http
  .createServer(async (request, response) => {
    const id = ++n
    inflight.set(id, { url: request.url, headers: request.headers, started: process.hrtime.bigint() })
    try {
      if (n % 10 === 0) {
        response.statusCode = 200
        response.end('skipped')
        return
      }
      await new Promise((r) => setImmediate(r))
      response.end('ok')
      inflight.delete(id)
    } catch (e) {
      response.end()
    }
  })
  .listen(process.env.PORT)
