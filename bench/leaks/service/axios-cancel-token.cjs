// One token to cancel all calls at shutdown; every call hangs something on its promise.
const http = require('http')
const axios = require('axios')

const shutdown = axios.CancelToken.source()
process.once('SIGTERM', () => {
  shutdown.cancel('shutting down')
  process.exit(0)
})
const agent = new http.Agent({ keepAlive: true, maxSockets: 20 })

const upstream = http.createServer((request, response) => response.end(JSON.stringify({ url: request.url })))
upstream.listen(0, '127.0.0.1', () => {
  const origin = `http://127.0.0.1:${upstream.address().port}`
  http
    .createServer(async (request, response) => {
      try {
        const { data } = await axios.get(origin + request.url, { httpAgent: agent, cancelToken: shutdown.token })
        response.end(data.url)
      } catch {
        response.writeHead(502).end()
      }
    })
    .listen(process.env.PORT, '127.0.0.1')
})
