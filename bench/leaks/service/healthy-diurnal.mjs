// Sessions of half a minute under a load that swells and falls.
import { createServer } from 'node:http'

const sessions = new Map()

createServer((request, response) => {
  const session = { url: request.url, trail: Array.from({ length: 80 }, (_, index) => `${request.url}/${index}`) }
  sessions.set(request.url, session)
  setTimeout(() => sessions.delete(request.url), 30_000).unref()
  response.end(String(sessions.size))
}).listen(process.env.PORT, '127.0.0.1')
