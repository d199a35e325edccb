// Uploads of two megabytes, hashed as they arrive and never held.
const { createHash } = require('crypto')
const http = require('http')
const { pipeline } = require('stream/promises')
const { createGunzip, createGzip } = require('zlib')

http
  .createServer(async (request, response) => {
    const hash = createHash('sha256')
    await pipeline(request, createGzip({ level: 1 }), createGunzip(), hash)
    response.end(hash.digest('hex'))
  })
  .listen(process.env.PORT, '127.0.0.1')
