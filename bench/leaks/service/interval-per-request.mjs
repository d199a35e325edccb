// A heartbeat for each stream, and nobody stops it when the stream is over.
import { createServer } from 'node:http'

createServer((request, response) => {
  const progress = Array.from({ length: 330 }, (_, index) => `${request.url} ${index}`)
  setInterval(() => progress.reverse(), 600_000)
  response.end(progress[0])
}).listen(process.env.PORT, '127.0.0.1')
