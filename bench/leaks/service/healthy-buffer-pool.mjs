// Buffers are made when too few are free, and used again ever after.
import { createServer } from 'node:http'

const free = []

createServer((request, response) => {
  const buffer = free.pop() ?? Buffer.alloc(256 * 1024)
  buffer.write(request.url)
  setTimeout(
    () => {
      free.push(buffer)
      response.end(buffer.subarray(0, 100))
    },
    500 + 3000 * Math.random(),
  )
}).listen(process.env.PORT, '127.0.0.1')
