// A TLS context for each call instead of each tenant: little heap, much OpenSSL.
const http = require('http')
const tls = require('tls')

const contexts = []

http
  .createServer((request, response) => {
    for (let tenant = 0; tenant < 2; tenant++) contexts.push(tls.createSecureContext({ minVersion: 'TLSv1.2' }))
    response.end('secure')
  })
  .listen(process.env.PORT, '127.0.0.1')
