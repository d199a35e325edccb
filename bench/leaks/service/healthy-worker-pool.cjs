// Threads are started when there is work for them, up to three.
const http = require('http')
const { join } = require('path')
const { Piscina } = require('piscina')

const pool = new Piscina({ filename: join(__dirname, 'double.cjs'), minThreads: 0, maxThreads: 3, idleTimeout: 60_000 })

http
  .createServer(async (request, response) => response.end(String(await pool.run(request.url))))
  .listen(process.env.PORT, '127.0.0.1')
