// Entries live for 75 seconds: it grows until then, and not after.
const http = require('http')
const NodeCache = require('node-cache')

const pages = new NodeCache({ stdTTL: 75, checkperiod: 10, useClones: false })

http
  .createServer((request, response) => {
    const page = Array.from({ length: 120 }, (_, index) => `<li>${request.url} ${index} ${Math.random()}</li>`).join('')
    pages.set(request.url, page)
    response.end(page)
  })
  .listen(process.env.PORT, '127.0.0.1')
