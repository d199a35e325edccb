// Each request wants to know of configuration changes, and none ever stops wanting.
const http = require('http')
const { EventEmitter } = require('events')

const config = new EventEmitter().setMaxListeners(0)

http
  .createServer((request, response) => {
    const page = Array.from({ length: 170 }, (_, index) => `${request.url} ${index} ${Math.random()}`)
    config.on('change', () => page.splice(0))
    response.end(page.join(' '))
  })
  .listen(process.env.PORT, '127.0.0.1')
