// Each download opens its file, and only some of them close it.
import { createServer } from 'node:http'
import { open } from 'node:fs'

const downloads = new Map()

createServer((request, response) => {
  open(process.execPath, 'r', (error, descriptor) => {
    if (error) return response.writeHead(500).end(error.code)
    downloads.set(request.url, descriptor)
    response.end('opened')
  })
}).listen(process.env.PORT, '127.0.0.1')
