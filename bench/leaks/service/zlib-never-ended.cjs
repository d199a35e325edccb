// A compressor for each client, kept for the next message that never comes.
const http = require('http')
const zlib = require('zlib')

const compressors = new Map()

http
  .createServer((request, response) => {
    const deflate = zlib.createDeflate()
    compressors.set(request.url, deflate)
    deflate.write(`hello ${request.url}`)
    response.end('hello')
  })
  .listen(process.env.PORT, '127.0.0.1')
