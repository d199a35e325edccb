// Invoices are rendered in a thread, which keeps each of them for the next time it is asked for.
const http = require('http')
const { join } = require('path')
const { Worker } = require('worker_threads')

const renderer = new Worker(join(__dirname, 'render-invoice.cjs'))
const waiting = []
renderer.on('message', (length) => waiting.shift().end(String(length)))

http
  .createServer((request, response) => {
    waiting.push(response)
    renderer.postMessage(request.url)
  })
  .listen(process.env.PORT, '127.0.0.1')
