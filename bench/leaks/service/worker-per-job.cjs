// A thread for each report, and the thread waits for ever for another job.
const http = require('http')
const { Worker } = require('worker_threads')

const source = `require('worker_threads').parentPort.on('message', (text) => text.toUpperCase())`

http
  .createServer((request, response) => {
    const worker = new Worker(source, { eval: true })
    worker.postMessage(request.url)
    response.end('begun')
  })
  .listen(process.env.PORT, '127.0.0.1')
