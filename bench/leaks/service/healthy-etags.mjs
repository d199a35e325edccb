// A Map kept in bounds by hand: when it is full, the oldest goes.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'

const LIMIT = 4000
const etags = new Map()

createServer((request, response) => {
  const body = Array.from({ length: 40 }, (_, index) => `${request.url} ${index}`).join('\n')
  etags.set(request.url, { tag: createHash('sha1').update(body).digest('hex'), body })
  if (etags.size > LIMIT) etags.delete(etags.keys().next().value)
  response.setHeader('etag', etags.get(request.url).tag)
  response.end(body)
}).listen(process.env.PORT, '127.0.0.1')
