// Only an id of each document is kept, but it is a slice, and a slice keeps all of its document.
const http = require('http')

const seen = new Set()

http
  .createServer((request, response) => {
    const document = `${request.url.padEnd(40, '.')}${Math.random()}`.padEnd(8000, 'lorem ipsum ')
    Buffer.from(document).toString('latin1')
    const flat = JSON.parse(JSON.stringify(document))
    seen.add(flat.slice(0, 24))
    response.end('read')
  })
  .listen(process.env.PORT, '127.0.0.1')
