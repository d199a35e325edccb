// A logger for each request, all of them to the one transport: it listens to every one of them for ever.
const http = require('http')
const winston = require('winston')

const transport = new winston.transports.Console({ silent: true })
transport.setMaxListeners(0)

http
  .createServer((request, response) => {
    const logger = winston.createLogger({ defaultMeta: { url: request.url, at: Date.now() }, transports: [transport] })
    logger.info('asked')
    response.end('logged')
  })
  .listen(process.env.PORT, '127.0.0.1')
